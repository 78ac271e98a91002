import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { type TestContext, type TestOptions, test } from 'node:test';

/*
 * Which cases `make test` runs and which only `make test-all` does. A case is left to the latter where its failure would teach
 * nothing that no failure in the former would, but for one release, one moment or one damage more. docs/contributing/testing.md has the list.
 */
export type Tier = 'test' | 'test-all';

/** Told to the processes of the tests; without it, as when a file is run by hand, everything runs. */
const TIER = 'KASSETTE_TEST_TIER';

/** Where the clusters of the suites are, one after another: the same volumes serve all of them. */
export const TEST_SUBNET = process.env['KASSETTE_TEST_SUBNET'] ?? '127.0.1';

const away = (by: number) => TEST_SUBNET.replace(/\d+$/, (last) => String(Number(last) + by));
/** Where those are that run at the same time, beside them. */
export const BESIDE_SUBNET: string = away(100);
/** Of clusters that run in whichever row has ended, so that they may be beside any. */
export const FORMED_SUBNET: string = away(50);

export function enterTier(tier: Tier): void {
  process.env[TIER] = tier;
}

/** Whether the cases of `make test-all` run, as they do when a file is run by hand. */
export const withAllCases: boolean = process.env[TIER] !== 'test';

/** Whether `make test-all` runs: what takes as long as one lets it is not for a file that is run by hand. */
export const inTestAll: boolean = process.env[TIER] === 'test-all';

/** The limit of a case on a cluster: for one that hangs. How long it takes depends on what else the machine does, and is no failure. */
export const SLOW = { timeout: 20 * 60_000 };

/** How a case is written: as with `test`. */
export interface DefineCase {
  (name: string, fn: TestFn): unknown;
  (name: string, options: TestOptions, fn: TestFn): unknown;
}
type TestFn = (context: TestContext) => void | Promise<void>;

/** A case of `make test-all` alone. */
export const allTest: DefineCase = withAllCases ? test : () => {};

/** Whole files that only `make test-all` runs. */
export const ONLY_IN_ALL: readonly string[] = [
  'test/cluster/restore/incremental-repair.test.ts',
  'test/cluster/refused/refused-manifest.test.ts',
  'test/cluster/tables/restore-table-hints.test.ts',
  'test/cluster/backup/schema-changing.test.ts',
  'test/clusters/grown.test.ts',
  'test/clusters/restored-to-time.test.ts',
];

/** Of the clusters of their own those that start from golden volumes, which are of one subnet. */
export const GOLDEN: readonly string[] = [
  'test/clusters/cold-restore.test.ts',
  'test/clusters/everything-gone.test.ts',
  'test/clusters/grown.test.ts',
];

/** The files of a pattern that run in a tier, in the order of their names, whatever folders they are in. */
export function filesOf(tier: Tier, pattern: string): readonly string[] {
  const files = globSync(pattern).toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
  return tier === 'test' ? files.filter((file) => !ONLY_IN_ALL.includes(file)) : files;
}
