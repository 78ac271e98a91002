import { renderColdJournal } from '../../../src/domain/restore/cold-journal.ts';
import { type Journal, renderJournal, renderRecord } from '../../../src/domain/restore/journal.ts';
import { renderTableJournal } from '../../../src/domain/tables/table-journal.ts';
import type { RestoreOptions } from '../../../src/engine/restore/options.ts';

export const TAG = 'kassette-20260301T021500Z-1a2b';
export const OLDER = 'kassette-20260201T021500Z-1a2b';
const BEGUN_AT = '2026-03-01T02:30:00.000Z';
const RESTORED_AT = '2026-03-01T03:00:00.000Z';
/** When the nodes were started, where a case does not say otherwise: after all of that. */
const AFTERWARDS = Date.parse(RESTORED_AT) / 1000 + 60;

/** What kassette keeps for one backup in one volume, as text. */
interface Entry {
  readonly tag: string;
  readonly complete: boolean;
  readonly journal: string | null;
  readonly cold: string | null;
}

/** What kassette keeps in one volume, as text, and when its node was started. */
export interface Kept {
  entries: readonly Entry[];
  restored: string | null;
  tables: string | null;
  gossipGeneration: number;
}

/** Two volumes in any state that a run, a kill or a restored volume can leave them in: only texts and numbers. */
export class KeptVolumes {
  readonly kept: ReadonlyMap<string, Kept> = new Map(['n-dc1', 'n-dc2'].map((name) => [name, nothing()]));
  /** Statements that came after the backups were made. */
  readonly schemaSince: string[] = [];

  /** On the first, the second or both nodes: what is kept for a backup. */
  backup(where: Where, given: Partial<Entry> = {}): this {
    return this.#edit(where, (kept) => {
      const entry = { tag: TAG, complete: true, journal: null, cold: null, ...given };
      kept.entries = [...kept.entries.filter((e) => e.tag !== entry.tag), entry];
    });
  }

  /** The record of a restore with which the node has run ever since, or since a start that came `later`. */
  tidied(where: Where, tag = TAG, { later = 0, method = 'warm' as 'warm' | 'cold' } = {}): this {
    return this.#edit(where, (kept) => {
      kept.restored = renderRecord({
        ...{ version: 1, tag, restoredAt: RESTORED_AT, method },
        ...{ gossipGeneration: kept.gossipGeneration - later, tables: 2, files: 16, bytes: 100 },
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
  started(first: number, second: number): this {
    for (const [i, kept] of [...this.kept.values()].entries())
      kept.gossipGeneration = i === 0 ? first : second;
    return this;
  }

  since(statement: string): this {
    this.schemaSince.push(statement);
    return this;
  }

  #edit(where: Where, change: (kept: Kept) => void): this {
    for (const [i, kept] of [...this.kept.values()].entries())
      if (where === 'both' || (where === 'one') === (i === 0)) change(kept);
    return this;
  }
}

/** Nodes: the first, the second, or both. */
type Where = 'one' | 'other' | 'both';

function nothing(): Kept {
  return { entries: [], restored: null, tables: null, gossipGeneration: AFTERWARDS };
}

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

export const OPTIONS: RestoreOptions = {
  ...{ datacenters: [], timeoutMs: 1000, concurrency: 2, tag: undefined, method: undefined },
  ...{ recover: 'auto', confirm: async () => false, keepDisplaced: false, elsewhere: false },
  ...{ keepExtra: false, verify: 'quick', reserveBytes: 0, signal: new AbortController().signal },
};
