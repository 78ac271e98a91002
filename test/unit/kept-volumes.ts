import { type Manifest, renderManifest, renderMarker } from '../../src/domain/backup/manifest.ts';
import { renderColdJournal } from '../../src/domain/restore/cold-journal.ts';
import { type Journal, renderJournal, renderRecord } from '../../src/domain/restore/journal.ts';
import { readKept } from '../../src/domain/restore-state/kept.ts';
import { renderTableJournal } from '../../src/domain/tables/table-journal.ts';
import type { RestoreOptions } from '../../src/engine/restore/options.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { FakeCluster, OPTIONS, RESTORED_AT, TAG } from './fake-cluster.ts';

export const OLDER = 'kassette-20260201T021500Z-1a2b';
const BEGUN_AT = '2026-03-01T02:30:00.000Z';

/** What kassette keeps for one backup in one volume, as text. */
interface Entry {
  readonly tag: string;
  readonly complete: boolean;
  readonly marker: string | null;
  readonly journal: string | null;
  readonly cold: string | null;
}

/** What kassette keeps in one volume, as text. */
interface Kept {
  entries: readonly Entry[];
  restored: string | null;
  tables: string | null;
}

/**
 * The fake cluster with volumes in any state that a run, a kill or a restored volume can leave them in. What is restored is a
 * keyspace without tables: a restore goes its whole way and has nothing to load.
 */
export class KeptVolumes {
  readonly fake = new FakeCluster();
  readonly kept = new Map<string, Kept>();

  constructor() {
    for (const { name } of this.fake.nodes)
      this.kept.set(name, { entries: [], restored: null, tables: null });
  }

  /** Calls on volumes and datacenters that change something. */
  get done(): readonly string[] {
    return this.fake.done;
  }

  /** On the first, the second or both nodes: what is kept for a backup. */
  backup(where: Where, given: Partial<Entry> = {}): this {
    return this.#edit(where, (kept) => {
      const entry = { tag: TAG, complete: true, marker: null, journal: null, cold: null, ...given };
      kept.entries = [...kept.entries.filter((e) => e.tag !== entry.tag), entry];
    });
  }

  /** The record of a restore with which the node has run ever since, or since a start that came `later`. */
  tidied(where: Where, tag = TAG, { later = 0, method = 'warm' as 'warm' | 'cold' } = {}): this {
    return this.#edit(where, (kept, node) => {
      const gossipGeneration = (this.fake.generations.get(node) ?? 0) - later;
      kept.restored = renderRecord({
        ...{ version: 1, tag, restoredAt: RESTORED_AT, method, gossipGeneration },
        ...{ tables: 2, files: 16, bytes: 100 },
      });
    });
  }

  /** A restore of one table that has begun and not ended. */
  tables(source: string, tag = TAG, startedAt = BEGUN_AT): this {
    return this.#edit('both', (kept) => {
      kept.tables = renderTableJournal([
        {
          ...{ key: 'k', source, tag, tables: ['"shop"."orders"'], options: [], startedAt },
          ...{ autoSnapshots: [], recreated: [], ids: {}, pendingStatements: [] },
        },
      ]);
    });
  }

  /** When the nodes were started: gossip generations. The backups were made under 1. */
  started(...generations: readonly number[]): this {
    for (const [i, { name }] of this.fake.nodes.entries())
      this.fake.generations.set(name, generations[i] ?? 0);
    return this;
  }

  get ports(): Ports {
    const { ports } = this.fake;
    const session = {
      indexBuilds: async () => new Map(),
      writes: async () => new Map(),
      tableIds: async () => new Map(),
      truncations: async () => new Map(),
      permissions: async () => [],
      roles: async () => [],
    };
    return {
      ...ports,
      cql: { open: async (of) => Object.assign(await ports.cql.open(of), session) },
      control: Object.assign(ports.control, { truncateHints: async () => {} }),
      volumes: Object.assign(ports.volumes, this.#volumes(ports.volumes)),
    };
  }

  #volumes(of: Ports['volumes']): Partial<Ports['volumes']> {
    const read = of.read;
    return {
      survey: async ({ name }) => {
        const { entries, restored, tables } = this.#of(name);
        const nothing = { snapshots: [], autoSnapshots: [], closed: null, attempts: [] };
        return readKept({ ...nothing, backups: entries, restored, tables, freeBytes: 1e12 });
      },
      read: async (node, tag) => {
        const contents = await read(node, tag);
        const manifest = renderManifest({ ...(JSON.parse(contents.manifest) as Manifest), tag });
        const isWhole = this.#of(node.name).entries.some((e) => e.tag === tag && e.complete);
        return { ...contents, manifest, marker: isWhole ? renderMarker(tag, manifest) : '' };
      },
      begin: async ({ name }, tag, journal) => {
        this.fake.done.push(`begin ${name}`);
        this.#edit(name, (kept) => {
          kept.entries = kept.entries.map((e) => ({
            ...e,
            ...{ cold: null, journal: e.tag === tag ? journal : null },
          }));
        });
      },
      writeJournal: async ({ name }, tag, journal) => void this.backup(name, { tag, journal }),
      link: async () => [],
      notLoaded: async () => new Map(),
      remove: async ({ name }, tags) =>
        void this.#edit(name, (kept) => {
          kept.entries = kept.entries.filter((e) => !tags.includes(e.tag));
        }),
      finishTables: async ({ name }, tables) =>
        void this.#edit(name, (kept) => {
          kept.tables = tables === '' ? null : tables;
        }),
      finish: async ({ name }, tag, restored) => {
        this.fake.done.push(`finish ${name}`);
        this.#edit(name, (kept) => {
          const others = kept.entries.filter((e) => e.tag !== tag);
          kept.entries = others.map((e) => ({ ...e, journal: null, cold: null }));
          [kept.restored, kept.tables] = [restored, null];
        });
      },
    };
  }

  #of(node: string): Kept {
    const kept = this.kept.get(node);
    if (kept === undefined) throw new Error(node);
    return kept;
  }

  #edit(where: Where, change: (kept: Kept, node: string) => void): this {
    const [first = '', second = ''] = this.fake.nodes.map((n) => n.name);
    const nodes =
      where === 'both' ? [first, second] : [where === 'one' ? first : where === 'other' ? second : where];
    for (const node of nodes) change(this.#of(node), node);
    return this;
  }
}

/** Nodes: the first, the second, both, or one by its name. */
type Where = 'one' | 'other' | 'both' | (string & {});

/** The journal of a warm restore. */
export function journal(stage: Journal['stage'], tag = TAG): string {
  return renderJournal({
    ...{
      version: 1,
      tag,
      stage,
      startedAt: BEGUN_AT,
      autoSnapshots: [],
      recreated: [],
      concurrentWrites: [],
    },
    ...{ tables: 2, files: 16, bytes: 100 },
  });
}

/** The journal of a cold restore of one volume. */
export function cold(stage: 'replacing' | 'restored', tag = TAG): string {
  return renderColdJournal({
    ...{ version: 1, tag, stage, run: 1, startedAt: BEGUN_AT, keepDisplaced: false, autoSnapshots: null },
    ...{ restoredAt: stage === 'restored' ? RESTORED_AT : null, tables: 1, files: 8, bytes: 100 },
  });
}

export function optionsWith(given: Partial<RestoreOptions> = {}): RestoreOptions {
  return { ...OPTIONS, recover: 'never', ...given };
}
