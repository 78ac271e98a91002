import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { buildLauncher } from '../../../build.ts';
import { CATALOGUE } from '../../../src/domain/errors.ts';

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
    assert.match(stderr, /^kassette needs Node\.js 24 or later\. Found: [\d.]+ \(.+\)\. .+\n$/);
    assert.ok(stderr.includes(`Found: ${version} (${process.execPath})`), stderr);
  }
});

test('one that is new enough runs the command line', () => {
  for (const version of ['24.0.0', '100.1.0']) {
    const { status, stdout } = launchedBy(version, '--version');
    assert.deepEqual([status, stdout], [0, '0.1.0\n']);
  }
});

test('what is built needs what package.json says, and has nothing that Node.js 12 does not understand', async () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  assert.equal(engines.node, '>=24');
  const directory = mkdtempSync(join(tmpdir(), 'kassette-launcher-'));
  try {
    await buildLauncher(directory);
    const code = readFileSync(join(directory, 'kassette.mjs'), 'utf8');
    assert.match(code, /^#!\/usr\/bin\/env node\n/);
    assert.match(code, /import\("\.\/kassette-main\.mjs"\)/);
    // Modules that are imported statically are read by any Node.js, and an `await` outside functions by none before 14.8.
    assert.doesNotMatch(code, /^import |^export |\bawait\b|\?\?|\?\./m);
    const { code: lowered } = await transform(code, { target: 'node12.20' });
    assert.equal(lowered, code);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
