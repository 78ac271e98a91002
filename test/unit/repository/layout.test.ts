import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';

// The house stays one in which a newcomer finds the room for a line. Lint sees to the directions and cycles of imports.
const MOST_FILES = 12;
const LONGEST_CHAIN = 15;

const sources = new Map(globSync('src/**/*.ts').map((file) => [file, readFileSync(file, 'utf8')]));

/** Which files each one imports, those of types left out unless they are asked for. */
function imports(withTypes: boolean): ReadonlyMap<string, readonly string[]> {
  const statements = withTypes ? /^(?:import|export) [^;]*? from '(\.[^']+)';/gm : VALUES;
  return new Map(
    [...sources].map(([file, text]) => {
      const found = [...text.matchAll(statements)].map((m) => join(dirname(file), m[1] ?? ''));
      return [file, found.filter((other) => sources.has(other))];
    }),
  );
}
const VALUES = /^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';/gm;

/** Files on the longest way from one to those that it needs. */
function longestChain(of: ReadonlyMap<string, readonly string[]>): number {
  const known = new Map<string, number>();
  const from = (file: string): number => {
    const length = known.get(file) ?? 1 + Math.max(0, ...(of.get(file) ?? []).map(from));
    known.set(file, length);
    return length;
  };
  return Math.max(...[...of.keys()].map(from));
}

/** Golden texts are one for each command. */
const exclude = ['test/golden/**'];

test('no folder of src, lab and test has more files than can be taken in at a glance', () => {
  const entries = globSync('{src,lab,test}/**', { withFileTypes: true, exclude });
  const folders = Map.groupBy(
    entries.filter((e) => e.isFile()),
    (e) => relative('', e.parentPath),
  );
  assert.ok(['src', 'lab', 'test'].every((folder) => folders.has(folder)));
  const crowded = [...folders].filter(([, files]) => files.length > MOST_FILES).map(([folder]) => folder);
  assert.deepEqual(crowded, []);
});

test('what runs is at most so many files deep', (t: TestContext) => {
  const [values, all] = [imports(false), imports(true)];
  const importers = Map.groupBy([...all.values()].flat(), (file) => file);
  const once = [...sources.keys()].filter((file) => importers.get(file)?.length === 1);
  const lines = [...sources.values()].reduce((n, text) => n + text.split('\n').length - 1, 0);
  t.diagnostic(`${sources.size} files, ${lines} lines, ${once.length} with one importer`);
  t.diagnostic(`longest chain ${longestChain(values)}, with types ${longestChain(all)}`);
  assert.ok(longestChain(values) <= LONGEST_CHAIN);
});
