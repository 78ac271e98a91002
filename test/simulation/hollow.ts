import { relative } from 'node:path';
import { VolumeScripts } from '../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../src/domain/cluster/topology.ts';
import type { NodeControl } from '../../src/ports/node-control.ts';
import type { NodeShell } from '../../src/ports/node-shell.ts';
import type { BackupContents, SnapshotPart, SnapshotProgress } from '../../src/ports/volumes.ts';
import { Cassandra, plainId, type TableOnDisk } from './cassandra.ts';

const SSTABLES = 2;
const COMPONENTS = [
  ...['Data.db', 'Index.db', 'Filter.db', 'Summary.db', 'Statistics.db'],
  ...['TOC.txt', 'Digest.crc32', 'CompressionInfo.db'],
];

/** A node of which only what kassette keeps lies on the disk: millions of SSTables would have no place there. */
export class HollowCassandra extends Cassandra {
  override create(): void {}
  override keep(): void {}
}

/** Snapshots and loads come to nothing, at once. */
export function hollowControl(control: NodeControl): NodeControl {
  return {
    ...control,
    takeSnapshot: async () => 'done',
    clearSnapshot: async () => 'done',
    refresh: async () => 'done',
  };
}

/** The tables of a cluster, and its nodes. */
interface Tables {
  readonly tables: readonly TableOnDisk[];
  at(node: Node): Cassandra;
}

/** What a hollow node says of its tables' files is made when it is asked for; kassette's own are real. */
export class HollowVolumes extends VolumeScripts {
  readonly #cluster: Tables;

  constructor(shell: NodeShell, cluster: Tables) {
    super(shell);
    this.#cluster = cluster;
  }

  override async read(node: Node, tag: string): Promise<BackupContents> {
    const { tables } = this.#cluster;
    const cassandra = this.#cluster.at(node);
    const directory = (table: TableOnDisk) => relative(node.volume, cassandra.directory(table));
    const parts = tables.map((table) => ({ directory: directory(table), files: files() }));
    return { ...(await super.read(node, tag)), parts };
  }

  override async snapshotProgress(): Promise<SnapshotProgress> {
    return { files: 1, whole: new Set(this.#cluster.tables.map(plainId)), changedAt: 0 };
  }

  override async link(): Promise<readonly string[]> {
    return [];
  }

  override async notLoaded(): Promise<ReadonlyMap<string, number>> {
    return new Map();
  }
}

function files(): SnapshotPart['files'] {
  return Array.from({ length: SSTABLES }, (_, s) =>
    COMPONENTS.map((component) => ({
      ...{ name: `nb-${s + 1}-big-${component}`, bytes: 1000 + s },
      ...(component === 'Data.db' ? { crc: '1' } : {}),
    })),
  ).flat();
}
