import type { ReplayReport } from '../../../src/domain/rewind/replay-report.ts';
import type { Rewinding } from '../../../src/ports/platform/rewinding.ts';
import { openRewindVolume } from '../../../src/wiring.ts';
import type { Process } from '../runs/process.ts';
import type { Surroundings } from './surroundings.ts';

const NOTHING: ReplayReport = {
  ...{ replayed: 0, later: 0, laterSchema: 0, skipped: 0, torn: 0, unknown: {}, lastWrites: {}, views: {} },
  ...{ truncatedBefore: {}, truncatedAfter: {}, indexesBefore: {}, indexes: {} },
  tables: {},
};

/** The production adapter on the volumes; a replay finds the tables that there are, and writes nothing. */
export function simulatedRewinding({ cluster }: Surroundings, process: Process): Rewinding {
  const { replay } = process.port('rewinding', {
    replay: async () => ({
      ...NOTHING,
      tables: Object.fromEntries(cluster.userTables.map((t) => [t.id, `${t.keyspace}.${t.name}`])),
    }),
  });
  return {
    // Which processes use a directory of this machine is nothing that a simulation should ask.
    volume: ({ volume, name }) =>
      process.port('offline', { ...openRewindVolume(volume, name), user: async () => null }),
    replay,
  };
}
