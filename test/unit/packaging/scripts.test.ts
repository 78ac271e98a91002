import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildLauncher } from '../../../build.ts';
import { CATALOGUE } from '../../../src/domain/errors.ts';

const SCRIPTS = join(import.meta.dirname, '../../../scripts');

/** A script with a program that only says how it was called. */
function called(script: string, ...args: readonly string[]) {
  const env = { ...process.env, KASSETTE: '/bin/echo' };
  const { status, stdout, stderr } = spawnSync(join(SCRIPTS, script), args, { env, encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr };
}

for (const command of ['before-backup', 'after-backup', 'before-restore', 'after-restore']) {
  const script = `cassandra_${command.replace('-', '_')}.sh`;
  test(`${script} NAMESPACE runs kassette ${command} there, with whatever else is given`, () => {
    assert.equal(called(script, 'my ns').stdout, `${command} --namespace my ns`);
    const { status, stdout } = called(script, 'ns', '--timeout', '30m');
    assert.deepEqual([status, stdout], [0, `${command} --namespace ns --timeout 30m`]);
  });
  test(`${script} without a namespace says how it is called`, () => {
    const { status, stdout, stderr } = called(script);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^usage: \S+ NAMESPACE /);
  });
}

test('clean-up-launcher.sh PVC NAMESPACE runs kassette clean-volume', () => {
  assert.equal(
    called('clean-up-launcher.sh', 'pvc', 'ns', '--dry-run').stdout,
    'clean-volume pvc --namespace ns --dry-run',
  );
  assert.equal(called('clean-up-launcher.sh', 'pvc').status, 2);
});

/** The scripts beside a built launcher, in a place where `node` is what `wrapper` says, or is not there. */
async function installed(wrapper: string | undefined) {
  const root = mkdtempSync(join(tmpdir(), 'kassette-scripts-'));
  const bin = join(root, 'bin');
  mkdirSync(bin);
  for (const tool of ['bash', 'dirname', 'env']) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
  if (wrapper !== undefined) writeFileSync(join(bin, 'node'), wrapper, { mode: 0o755 });
  cpSync(SCRIPTS, join(root, 'scripts'), { recursive: true });
  await buildLauncher(join(root, 'dist'));
  const run = (script: string, ...args: readonly string[]) =>
    spawnSync(join(root, 'scripts', script), args, { env: { PATH: bin }, encoding: 'utf8' });
  return { run, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

const OLD = `#!/usr/bin/env bash
exec '${process.execPath}' --import "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'18.20.8'}})" "$@"
`;
const CALLS: readonly (readonly [script: string, ...args: string[]])[] = [
  ['cassandra_before_backup.sh', 'ns'],
  ['cassandra_after_backup.sh', 'ns'],
  ['cassandra_before_restore.sh', 'ns'],
  ['cassandra_after_restore.sh', 'ns'],
  ['clean-up-launcher.sh', 'pvc', 'ns'],
];

test('with an older Node.js, or none, each script says in one line what is needed and what was found', async () => {
  using old = await installed(OLD);
  using none = await installed(undefined);
  for (const call of CALLS) {
    for (const [place, found] of [
      [old, '18\\.20\\.8 \\(.+\\)'],
      [none, 'none in PATH'],
    ] as const) {
      const { status, stdout, stderr } = place.run(...call);
      assert.deepEqual([status, stdout], [CATALOGUE.OLD_NODE.exit, ''], stderr);
      assert.match(stderr, new RegExp(`^kassette needs Node\\.js 24 or later\\. Found: ${found}\\. .+\\n$`));
    }
  }
});

test('make says the same of what it needs itself', async () => {
  using none = await installed(undefined);
  using old = await installed('#!/usr/bin/env bash\necho v18.20.8\n');
  for (const [place, found] of [
    [none, 'none'],
    [old, 'v18.20.8'],
  ] as const) {
    const { status, stderr } = place.run('prerequisites.sh');
    assert.equal(status, 1);
    assert.ok(
      stderr.startsWith(`make needs Node.js 20 or later with npm. Found: Node.js ${found}, no npm. `),
      stderr,
    );
    assert.equal(stderr.split('\n').length, 2);
  }
});

test('without a build, and without another program that KASSETTE names, a script says so', () => {
  const root = mkdtempSync(join(tmpdir(), 'kassette-scripts-'));
  cpSync(SCRIPTS, join(root, 'scripts'), { recursive: true });
  const { status, stderr } = spawnSync(join(root, 'scripts/cassandra_before_backup.sh'), ['ns'], {
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  rmSync(root, { recursive: true });
  assert.deepEqual([status, stderr.split(':')[0]], [1, 'kassette is not built']);
});
