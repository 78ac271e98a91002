import type { Manifest } from '../backup/manifest.ts';
import { isSystemKeyspace } from '../cluster/system-keyspaces.ts';
import { tableKey } from '../restore/restore-plan.ts';
import type { NodeLog } from './node-log.ts';
import { truncatedAt } from './replay-report.ts';

/** What a rewind does, and what is gone after it: what `--dry-run` prints. */
export interface RewindPlan {
  readonly cluster: string;
  /** ISO 8601, UTC. */
  readonly to: string;
  /** The backup on which the log is replayed. */
  readonly base: string;
  readonly nodes: readonly NodePlan[];
  /** Since the backup until now, as `keyspace.name`. What of it comes after the target is gone. */
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  readonly truncated: readonly Truncated[];
  /** What lies after the target and will be gone: from its next second to now, in seconds. */
  readonly lostSeconds: number;
}

export interface NodePlan {
  readonly node: string;
  readonly segments: number;
  readonly bytes: number;
  /** Of the backup, linked. */
  readonly files: number;
}

export interface Truncated {
  readonly table: string;
  /** For the last time, ISO 8601. */
  readonly at: string;
}

export interface RewindFacts {
  readonly cluster: string;
  readonly target: Date;
  readonly now: Date;
  readonly base: string;
  readonly logs: ReadonlyMap<string, NodeLog>;
  readonly files: ReadonlyMap<string, number>;
  /** Of one node: the tables are the same on all. */
  readonly tables: Manifest['tables'];
  /** Live table and view ids by `keyspace.name`. */
  readonly live: ReadonlyMap<string, string>;
  /** The nodes' records, hexadecimal, by table id without hyphens. */
  readonly truncations: readonly ReadonlyMap<string, string>[];
  /** When the backup was whole on all nodes, milliseconds since 1970. */
  readonly baseAt: number;
}

export function planRewind(facts: RewindFacts): RewindPlan {
  const own = facts.tables.filter((t) => !isSystemKeyspace(t.keyspace));
  const saved = new Set(own.map((t) => t.id));
  const liveIds = new Set(facts.live.values());
  const users = [...facts.live].filter(([name]) => !isSystemKeyspace(name.split('.')[0] ?? ''));
  return {
    cluster: facts.cluster,
    to: facts.target.toISOString(),
    base: facts.base,
    nodes: [...facts.logs].map(([node, { segments }]) => ({
      ...{ node, segments: segments.length, bytes: segments.reduce((sum, s) => sum + s.bytes, 0) },
      files: facts.files.get(node) ?? 0,
    })),
    created: users
      .filter(([, id]) => !saved.has(id))
      .map(([name]) => name)
      .toSorted(),
    dropped: own
      .filter((t) => !liveIds.has(t.id))
      .map((t) => tableKey(t))
      .toSorted(),
    truncated: truncatedSince(facts, own),
    lostSeconds: Math.max(0, Math.floor((facts.now.getTime() - facts.target.getTime()) / 1000) - 1),
  };
}

function truncatedSince({ truncations, baseAt }: RewindFacts, own: Manifest['tables']): readonly Truncated[] {
  return own
    .flatMap((t) => {
      const records = truncations.map((of) => of.get(t.id.replaceAll('-', '')));
      const at = Math.max(0, ...records.map(truncatedAt));
      return at > baseAt ? [{ table: tableKey(t), at: new Date(at).toISOString() }] : [];
    })
    .toSorted((a, b) => (a.table < b.table ? -1 : 1));
}
