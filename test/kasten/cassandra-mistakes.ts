import type { Gap } from '../../src/domain/archive/continuity.ts';
import type { ArchiveFacts, Kept } from '../../src/domain/doctor/nodes/facts.ts';
import { parseSchema } from '../../src/domain/schema/schema.ts';
import type { Mistakes } from './policy-mistakes.ts';

const TABLE = 'CREATE TABLE ks.t (id text PRIMARY KEY, value text);';
const kept = (more: string, change: Partial<Kept> = {}): { readonly kept: Kept } => ({
  kept: {
    schema: parseSchema(`${TABLE}\n${more}\n`),
    triggers: [],
    settings: { release: '5.0.6', off: new Set(), memtables: null },
    ...change,
  },
});
const fault = (message: string) => ({ message, hint: 'The way out.' });

/** Of a backup that is in the volumes. */
export const OPEN = {
  cluster: 'dse',
  tag: 'kassette-20260302T100000Z-1a2b',
  complete: true,
  ageSeconds: 7200,
  missingOn: [],
};
const accepted = { called: 'secret cass-operator/dse-superuser', changedAt: '2026-03-02T11:00:00.000Z' };

/** One datacenter that archives its log on two nodes, of which the first has something wrong. */
const archived = (
  wrong: Partial<ArchiveFacts['nodes'][number]>,
  gaps: readonly Gap[] = [],
): { value: readonly ArchiveFacts[] } => {
  const node = { node: 'dse-0', archiving: 'on', stopped: null, nearBound: null } as const;
  const part = { node: 'dse-0', from: null, until: null, restarts: [], segments: 0, bytes: 0, gaps };
  return {
    value: [
      {
        datacenter: 'cass-prd',
        windows: [{ base: 'kassette-20260302T100000Z-1a2b', from: null, until: null, nodes: [part] }],
        nodes: [
          { ...node, ...wrong },
          { ...node, node: 'dse-1' },
        ],
      },
    ],
  };
};

/** What Cassandra and the volumes show beforehand of what backups and restores meet. */
export const cassandraMistakes: Mistakes = {
  'what a backup is refused for': {
    cassandra: { refusals: [fault('dse-0 runs Cassandra 6.0.0; kassette knows 4.0, 4.1, 5.0.')] },
    check: 'cassandra',
    says: /^dse-0 runs Cassandra 6\.0\.0/,
  },
  'a node whose archive has stopped': {
    facts: { archives: archived({ archiving: 'stopped', stopped: 'less than 10 % of the volume is free' }) },
    check: 'archiving',
    says: /^dse-0 has stopped archiving its commit log: less than 10 % of the volume is free\.$/,
  },
  'a node that does not archive its log any more': {
    facts: { archives: archived({ archiving: 'off' }) },
    check: 'archiving',
    says: /^dse-0 ends segments of its commit log without archiving them/,
  },
  'an archive that comes near to its bound': {
    facts: { archives: archived({ nearBound: 'its archive takes 9.0 GiB' }) },
    check: 'archiving',
    says: /^dse-0: its archive takes 9\.0 GiB/,
  },
  'a gap since the last base': {
    facts: { archives: archived({}, [{ after: 'CommitLog-7-5.log', before: null, from: 7, segments: 3 }]) },
    check: 'archiving',
    says: /dse-0 has a gap since backup kassette-20260302T100000Z-1a2b: 3 segments are missing after CommitLog-7-5\.log/,
  },
  'what Cassandra could not be asked': {
    cassandra: { unasked: [fault('Cassandra of cluster dse was not asked: dse-0 is not ready.')] },
    check: 'cassandra',
    says: /was not asked/,
  },
  'a password that is newer than the backup in the volumes': {
    cassandra: { accepted },
    facts: { volumes: { value: { backups: [OPEN], restoredAt: null } } },
    check: 'cassandra',
    says: /secret cass-operator\/dse-superuser has, which was last changed at 2026-03-02T11:00:00\.000Z, after backup kassette-20260302T100000Z-1a2b/,
  },
  'an index of a class outside Cassandra': {
    cassandra: kept("CREATE CUSTOM INDEX by_text ON ks.t (value) USING 'com.example.Index';"),
    check: 'cassandra',
    says: /not Cassandra's: "ks"\."by_text" \(com\.example\.Index\).*cannot be restored cold/,
  },
  'a trigger': {
    cassandra: kept('', {
      triggers: [{ keyspace: 'ks', table: 't', statement: `CREATE TRIGGER "a" ON "ks"."t" USING 'x.A'` }],
    }),
    check: 'cassandra',
    says: /recreates their tables leaves them out.*CREATE TRIGGER "a"/,
  },
  'a SASI index that the nodes would not create again': {
    cassandra: kept(
      "CREATE CUSTOM INDEX s ON ks.t (value) USING 'org.apache.cassandra.index.sasi.SASIIndex';",
      { settings: { release: '5.0.6', off: new Set(['sasi']), memtables: null } },
    ),
    check: 'cassandra',
    says: /would not create these again: index "ks"\."s": sasi_indexes_enabled is false\. .*NOT_CREATABLE/,
  },
  'system tables in a place of their own': {
    cassandra: { directories: [{ node: 'dse-0', system: '/mnt/system', outside: [] }] },
    check: 'cassandra',
    says: /^dse-0 keeps its system tables in \/mnt\/system: no backup can be restored cold/,
  },
  'logs outside the volume': {
    cassandra: { directories: [{ node: 'dse-0', system: null, outside: ['commitlog', 'hints'] }] },
    check: 'cassandra',
    says: /^dse-0 keeps its commit log and hints outside its volume/,
  },
  'volumes without room for a copy that loses hard links': {
    cassandra: {
      sizes: [
        { node: 'dse-0', liveBytes: 2 ** 30, freeBytes: 2 ** 29 },
        { node: 'dse-1', liveBytes: 2 ** 29, freeBytes: 2 ** 29 },
      ],
    },
    check: 'volumes',
    says: /volumes of dse-0 \(1\.0 GiB live, 512\.0 MiB free\) are too small/,
  },
};
