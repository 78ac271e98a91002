import type { ColdResult } from '../../domain/restore/cold-result.ts';

/** All volumes of a cluster, restored with Cassandra stopped. */
export interface ColdSummary {
  /** When the last one was, ISO 8601. */
  readonly restoredAt: string;
  readonly volumes: number;
  /** How many of them this run restored; an earlier run did the others. */
  readonly byThisRun: number;
}

/** The volumes of a cluster that a run itself restored. */
export function restoredNow(volumes: readonly ColdResult[], cluster: string): readonly ColdResult[] {
  return volumes.filter((v) => v.cluster === cluster && v.outcome === 'restored');
}

/** What was done, when, and by whom, as a part of a sentence. */
export function coldText({ restoredAt, volumes, byThisRun }: ColdSummary): string {
  const all = volumes === 1 ? 'the volume was' : `all ${volumes} volumes were`;
  const by =
    byThisRun === volumes
      ? 'by this run'
      : byThisRun === 0
        ? 'by an earlier run'
        : `${byThisRun} by this run, the others by an earlier one`;
  return `${all} restored cold, until ${restoredAt}, ${by}`;
}

export const capitalized = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
