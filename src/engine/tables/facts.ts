import type { ManifestTable, Permission, Trigger } from '../../domain/backup/manifest.ts';
import type { Cluster } from '../../domain/cluster/ring.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import type { TableSize } from '../../domain/restore/restore-plan.ts';
import type { Room } from '../../domain/restore/space.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { SchemaSettings } from '../../domain/schema/schema-settings.ts';
import type { Linked } from '../../domain/sstables/left-links.ts';
import type { Reconciled } from '../../domain/tables/reconcile.ts';
import type { TableEntry } from '../../domain/tables/table-journal.ts';
import type { Selection } from '../../domain/tables/table-selection.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { HeldTables } from '../restore/held-tables.ts';
import type { SourcePart } from '../volumes/find-source.ts';

/** A live node, as the restore finds it. */
export interface LiveNode extends Room {
  readonly node: Node;
  /** Automatic snapshots that are there now. */
  readonly autoSnapshots: readonly string[];
  /** Restores of tables that have not ended. */
  readonly entries: readonly TableEntry[];
  /** Whether any restore was interrupted: the node may be loading what that has linked. */
  readonly interrupted: boolean;
  /** What interrupted restores say that they have linked there. */
  readonly links: readonly Linked[];
}

/** One node's part of the backup with the selected tables, checked. */
export interface CheckedPart extends SourcePart {
  readonly tables: HeldTables;
  /** Views that are built from their tables: without files, but for their room. */
  readonly rebuilt: readonly ManifestTable[];
}

export interface TableFacts {
  readonly cluster: Cluster;
  readonly session: CqlSession;
  readonly tag: string;
  readonly fromClones: boolean;
  readonly nodes: readonly LiveNode[];
  readonly parts: readonly CheckedPart[];
  readonly live: Schema;
  /** Keyspaces that a killed run has rehearsed in. */
  readonly rehearsals: readonly string[];
  readonly settings: SchemaSettings;
  readonly selection: Selection;
  readonly reconciled: Reconciled;
  /** Selected views that are not loaded but built from their tables. */
  readonly viewsToRebuild: Schema;
  readonly sizes: ReadonlyMap<string, TableSize>;
  /** Those of the backup. */
  readonly permissions: readonly Permission[];
  /** Likewise; where tables are loaded under other names, none. */
  readonly triggers: readonly Trigger[];
  /** Whether each node has its own files, or rows have other owners now. */
  readonly sameRing: boolean;
  /** Tables, `keyspace.name`, that need a new id where they are replaced: see `tablesWithPaxos`. */
  readonly renewed: ReadonlySet<string>;
}
