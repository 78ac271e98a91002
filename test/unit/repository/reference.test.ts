import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generatedDocs } from '../../../scripts/docs.ts';

const generated = generatedDocs();

for (const [path, text] of generated) {
  test(`${path} is what the program says; \`make docs\` writes it`, () => {
    assert.equal(readFileSync(path, 'utf8'), text);
  });
}

test('no text is left of a command that is gone', () => {
  const committed = globSync('test/golden/*/*.txt');
  assert.deepEqual(
    committed.toSorted(),
    [...generated.keys()].filter((path) => path.startsWith('test/golden/')).toSorted(),
  );
});

test('what is printed speaks plainly: no guillemets, and no option without a word', () => {
  for (const [path, text] of generated) assert.doesNotMatch(text, /[«»]|^ +--[\w-]+(?: <[^>]+>)?$/m, path);
});
