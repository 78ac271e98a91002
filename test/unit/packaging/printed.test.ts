import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';

const objects = (yaml: string) => parseAllDocuments(yaml).map((d) => d.toJS() as object);
const printed = (...args: readonly string[]) =>
  objects(execFileSync(process.execPath, ['src/main.ts', ...args], { encoding: 'utf8' }));
const committed = (file: string) => objects(readFileSync(`deploy/${file}`, 'utf8'));

for (const [file, args] of [
  ['kassette.yaml', ['manifests', '--datacenter-namespace', 'cass-operator', '--secret', 'dse-superuser']],
  ['policy.yaml', ['policy', '--namespace', 'cass-operator']],
  ['restore.yaml', ['policy', '--namespace', 'cass-operator', '--restore-point', 'RESTORE-POINT']],
] as const) {
  test(`\`kassette ${args.join(' ')}\` prints the objects of deploy/${file}`, () => {
    assert.deepEqual(printed(...args), committed(file));
  });
}

test('namespaces and the image are where they are asked for, and nowhere else', () => {
  const chosen = ['--namespace', 'own', '--kasten-namespace', 'k10', '--image', 'registry.example/k:1'];
  const granted = ['--datacenter-namespace', 'a', 'b', '--secret', 'of-a', 'of-b'];
  const text = JSON.stringify(printed('manifests', ...chosen, ...granted));
  assert.ok(text.includes('"image":"registry.example/k:1"'));
  assert.equal(text.match(/"resourceNames":\["of-a","of-b"\]/g)?.length, 2);
  assert.doesNotMatch(text, /kasten-io|"namespace":"kassette"|kassette:0|cass-operator|ClusterRole/);
});

test('a limit that leaves no time for the work is wrong usage', () => {
  assert.throws(() => printed('manifests', '--hook-minutes', '5'), /not a number of minutes above 5/);
});
