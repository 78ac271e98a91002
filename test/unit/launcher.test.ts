import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CATALOGUE } from '../../src/domain/errors.ts';

/** The launcher as a Node.js of that version runs it. */
function launchedBy(version: string, ...args: readonly string[]) {
  const versions = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const preload = `data:text/javascript,${encodeURIComponent(versions)}`;
  return spawnSync(process.execPath, ['--import', preload, 'src/launcher.ts', ...args], { encoding: 'utf8' });
}

test('an older Node.js is told in one line which version is needed and which was found', () => {
  for (const version of ['20.20.2', '18.0.0', '9.11.2']) {
    const { status, stdout, stderr } = launchedBy(version, 'status');
    assert.equal(status, CATALOGUE.OLD_NODE.exit);
    assert.equal(stdout, '');
    assert.match(stderr, /^kassette needs Node\.js 24 or later, and this is [\d.]+ \(.+\)\. .+\n$/);
    assert.ok(stderr.includes(`this is ${version} (${process.execPath})`), stderr);
  }
});

test('one that is new enough runs the command line', () => {
  for (const version of ['24.0.0', '100.1.0']) {
    const { status, stdout } = launchedBy(version, '--version');
    assert.deepEqual([status, stdout], [0, '0.1.0\n']);
  }
});

test('it needs what package.json says, and reads nothing that an older Node.js may not understand', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  assert.equal(engines.node, '>=24');
  const imports = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/^import .*from '(.*)';$/gm)].map(([, from]) => from);
  assert.deepEqual(imports('src/launcher.ts'), ['./domain/errors.ts']);
  assert.deepEqual(imports('src/domain/errors.ts'), []);
  assert.match(readFileSync('build.ts', 'utf8'), /kassette: 'src\/launcher\.ts'/);
});
