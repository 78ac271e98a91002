import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { qualified } from '../../domain/schema/cql-text.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { follow, loadPatience } from '../cluster/follow.ts';
import type { CommonOptions } from '../options.ts';

/** One table of one node whose files are linked. */
interface Loadable {
  readonly node: Node;
  readonly keyspace: string;
  readonly table: string;
  /** Its live directories. */
  readonly directories: readonly string[];
  /** The lowest generation of the links. */
  readonly first: number;
}

interface LoadOptions extends CommonOptions {
  readonly note: (text: string) => void;
}

/**
 * Have Cassandra load what is linked, however long that takes: the management API gives up after 30 s, and the node goes on. The
 * node loads one table after the other, so asking again while it is at it would only take threads from its clients; once the
 * files are taken in and the indexes built, asking again waits for what is left and answers.
 * @throws TIMEOUT where there is no progress
 */
export async function loadTable(ports: Ports, session: CqlSession, loadable: Loadable, options: LoadOptions) {
  const { node, keyspace, table, directories, first } = loadable;
  const name = qualified(keyspace, table);
  const quietMs = loadPatience(options);
  let askedAgain = false;
  while ((await ports.control.refresh(node, keyspace, table)) === 'underway') {
    let taken = false;
    const look = async () => {
      const left = await ports.volumes.notLoaded(node, directories, first);
      const build = (await session.indexBuilds(node)).get(tableKey({ keyspace, name: table }));
      options.note(`${node.name} continues to load ${name} by itself`);
      taken = left.size === 0 && (build?.progress ?? null) === null;
      return { done: taken && build === undefined, progress: JSON.stringify([[...left], build]) };
    };
    if (await follow(ports.clock, look, { quietMs, signal: options.signal })) continue;
    // An index that was broken before is no sign of a load that goes on.
    if (taken && !askedAgain) {
      askedAgain = true;
      continue;
    }
    throw new KassetteError(
      'TIMEOUT',
      `${node.name} has begun to load ${name} and shows no progress for ${quietMs / 1000} s.`,
      `The backup is unchanged. Read the Cassandra log of ${node.name}, then run the same command again.`,
    );
  }
}
