import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { deployFiles } from '../../../src/packaging/manifests.ts';

const DEPLOY = join(import.meta.dirname, '../../../deploy');

test('what is committed in deploy/ is what the code generates, to the byte', () => {
  const files = deployFiles();
  const committed = readdirSync(DEPLOY, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(DEPLOY, join(entry.parentPath, entry.name)));
  assert.deepEqual(committed.toSorted(), [...files.keys()].toSorted());
  for (const [name, text] of files) assert.equal(readFileSync(join(DEPLOY, name), 'utf8'), text, name);
});
