import type { Archiving, Window } from '../../archive/window.ts';
import type { Trigger } from '../../backup/manifest.ts';
import type { KeptApart } from '../../cluster/data-directories.ts';
import type { Hint } from '../../hint.ts';
import type { Schema } from '../../schema/schema.ts';
import type { SchemaSettings } from '../../schema/schema-settings.ts';

/** What is wrong, in the words of the command that would be refused, with the way out. */
export interface Fault {
  readonly message: string;
  readonly hint: Hint;
}

/** What a copy of a volume takes that loses hard links. */
export interface NodeSize {
  readonly node: string;
  /** Of live tables: the next snapshot has them, too. */
  readonly liveBytes: number;
  readonly freeBytes: number;
}

export interface NodeDirectories extends KeptApart {
  readonly node: string;
}

/** What the nodes of a cluster keep. */
export interface Kept {
  readonly schema: Schema;
  readonly triggers: readonly Trigger[];
  readonly settings: SchemaSettings;
}

/** What Cassandra and the volumes of one cluster show of what backups and restores will meet. */
export interface ClusterFacts {
  readonly cluster: string;
  /** What is refused by now. */
  readonly refusals: readonly Fault[];
  /** What could not be asked, and why. */
  readonly unasked: readonly Fault[];
  /** Of the name and password that Cassandra accepted; null where that is not known. */
  readonly accepted: { readonly called: string; readonly changedAt: string | null } | null;
  readonly sizes: readonly NodeSize[];
  readonly directories: readonly NodeDirectories[];
  /** Null where `refusals` or `unasked` says why. */
  readonly kept: Kept | null;
}

/** What the volumes of one datacenter say of its archived log. */
export interface ArchiveFacts {
  readonly datacenter: string;
  /** Its own; none for an embedded cluster. */
  readonly namespace?: string;
  /** Of each base, the oldest first. */
  readonly windows: readonly Window[];
  readonly nodes: readonly {
    readonly node: string;
    readonly archiving: Archiving;
    readonly stopped: string | null;
    readonly nearBound: string | null;
  }[];
}
