import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CATALOGUE } from '../../../src/domain/errors.ts';

test('docs/reference/errors.md lists exactly the catalogue', () => {
  const rows = [
    ...readFileSync('docs/reference/errors.md', 'utf8').matchAll(/^\| (\d+) +\| `(\w+)` +\| ([^|]+) \|/gm),
  ];
  assert.deepEqual(
    rows.map(([, exit, code, summary]) => [code, Number(exit), summary?.trim()]),
    Object.entries(CATALOGUE).map(([code, { exit, summary }]) => [code, exit, summary]),
  );
});

test('exit statuses are unique', () => {
  const exits = Object.values(CATALOGUE).map((e) => e.exit);
  assert.equal(new Set(exits).size, exits.length);
});

test('every code of the catalogue is used, and there is no bare Error in what is shipped', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  const sources = files.map((f) => [f, readFileSync(join('src', f), 'utf8')] as const);
  const text = sources.map(([, t]) => t).join('\n');
  for (const code of Object.keys(CATALOGUE)) {
    assert(new RegExp(`'${code}'|CATALOGUE\\.${code}`).test(text), `${code} is not used`);
  }
  const bare = sources.filter(([f, t]) => !f.startsWith('embedded') && /new Error\(/.test(t)).map(([f]) => f);
  assert.deepEqual(bare, []);
});
