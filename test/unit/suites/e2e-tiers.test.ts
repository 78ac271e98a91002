import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { KUBERNETES_VERSIONS, USUAL_KUBERNETES } from '../../e2e/bed/kubernetes/versions.ts';
import { chosen, SUITES, type Tier, tierOf, titleOf } from '../../e2e/tiers.ts';

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

test('each Kubernetes of the bed has a suite, which names it, and a commit needs one of them alone', () => {
  const suitesOf = (tier: Tier) => SUITES.filter(({ stages }) => stages[tier].length > 0);
  const versionsOf = (tier: Tier) => new Set(suitesOf(tier).map((suite) => suite.kubernetes));
  assert.deepEqual(versionsOf('all'), new Set(KUBERNETES_VERSIONS));
  assert.deepEqual(versionsOf('commit'), new Set([USUAL_KUBERNETES]));
  assert.deepEqual(SUITES.map(titleOf), [
    'Kubernetes 1.34.4 with cass-operator 1.22.4 and Cassandra 5.0.6',
    'Kubernetes 1.37.2 with cass-operator 1.28.0 and Cassandra 5.0.6',
    'Kubernetes 1.29.6 with cass-operator 1.15.0 and Cassandra 4.0.1',
  ]);
});

test('docs/reference/compatibility.md says which Kubernetes is tested', () => {
  const row = /^\| Kubernetes \|.*/m.exec(readFileSync('docs/reference/compatibility.md', 'utf8'))?.[0] ?? '';
  for (const version of KUBERNETES_VERSIONS) assert.ok(row.includes(`v${version}`), `${version}: ${row}`);
});

test('what is asked for by a part of its name runs in its tier, and an unknown tier is refused', () => {
  const [main, oldest] = [SUITES[0], SUITES.at(-1)];
  assert.ok(main && oldest);
  assert.deepEqual(chosen(main, 'commit', ['story', 'cold-one']), [[['story'], ['cold-one-node']]]);
  assert.deepEqual(chosen(main, 'all', ['faults']), [[['faults']]]);
  assert.deepEqual(chosen(oldest, 'all', ['1.15.0 cold']), [[['cold-one-node']]]);
  assert.deepEqual(chosen(oldest, 'all', ['1.29']), oldest.stages.all);
  assert.deepEqual(chosen(oldest, 'commit', ['']), []);
  assert.equal(tierOf(), 'commit');
  assert.throws(() => tierOf('everything'), /commit or all/);
});
