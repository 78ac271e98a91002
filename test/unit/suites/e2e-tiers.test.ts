import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { chosen, SUITES, type Tier, tierOf } from '../../e2e/tiers.ts';

const filesIn = (tier: Tier) => new Set(SUITES.flatMap((s) => s.stages[tier].flat(2)));

test('every test file on Kubernetes is in the tier of all, and what a commit has to pass is a part of it', () => {
  const files = globSync('test/e2e/**/*.test.ts').map((f) => basename(f, '.test.ts'));
  assert.deepEqual([...filesIn('all')].toSorted(), files.toSorted());
  const everything = filesIn('all');
  assert.ok([...filesIn('commit')].every((file) => everything.has(file)));
});

test('docs/contributing/testing-on-kubernetes.md names each file with its tier', () => {
  const rows = readFileSync('docs/contributing/testing-on-kubernetes.md', 'utf8').matchAll(
    /^\| `([a-z-]+)` \|[^|]*\| (\w+) \|/gm,
  );
  const documented = new Map([...rows].map(([, file, tier]) => [file, tier]));
  const tierOfFile = (file: string) => (filesIn('commit').has(file) ? 'commit' : 'all');
  assert.deepEqual(documented, new Map([...documented.keys()].map((f) => [f, tierOfFile(f ?? '')])));
  assert.deepEqual(new Set(documented.keys()), filesIn('all'));
});

test('what is asked for by a part of its name runs in its tier, and an unknown tier is refused', () => {
  const [main, oldest] = [SUITES[0], SUITES.at(-1)];
  assert.ok(main && oldest);
  assert.deepEqual(chosen(main, 'commit', ['story', 'cold-one']), [[['story'], ['cold-one-node']]]);
  assert.deepEqual(chosen(main, 'all', ['faults']), [[['faults']]]);
  assert.deepEqual(chosen(oldest, 'all', ['1.15.0 cold']), [[['cold-one-node']]]);
  assert.deepEqual(chosen(oldest, 'commit', ['']), []);
  assert.equal(tierOf(), 'commit');
  assert.throws(() => tierOf('everything'), /commit or all/);
});
