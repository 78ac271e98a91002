import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const SCRIPTS = join(import.meta.dirname, '../../scripts');

/** A script with a program that only says how it was called. */
function called(script: string, ...args: readonly string[]) {
  const env = { ...process.env, KASSETTE: '/bin/echo' };
  const { status, stdout, stderr } = spawnSync(join(SCRIPTS, script), args, { env, encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr };
}

for (const command of ['before-backup', 'after-backup', 'before-restore', 'after-restore']) {
  const script = `cassandra_${command.replace('-', '_')}.sh`;
  test(`${script} NAMESPACE runs «kassette ${command}» there, with whatever else is given`, () => {
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

test('clean-up-launcher.sh PVC NAMESPACE runs «kassette clean-volume»', () => {
  assert.equal(
    called('clean-up-launcher.sh', 'pvc', 'ns', '--dry-run').stdout,
    'clean-volume pvc --namespace ns --dry-run',
  );
  assert.equal(called('clean-up-launcher.sh', 'pvc').status, 2);
});
