import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../../lab/cli.ts';
import { SLOW } from '../../tiers.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* The superuser's password is in its file and in Cassandra, and nowhere else. */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

const COMMANDS = [
  'status',
  'before-backup',
  'plan',
  'before-restore',
  'after-restore',
  'after-backup',
] as const;

test(
  'not in any output, process list or file of a backup and its restore, at any log level',
  SLOW,
  async () => {
    const watch = watchProcesses();
    for (const command of COMMANDS) {
      if (command === 'plan') assertAbsent(await readVolumes(), 'a file of the backup');
      // The restore has left nothing to close.
      const args = command === 'after-backup' ? [command, '--incomplete'] : [command];
      const run = await subject.kassette(...args, '--log-level', 'debug', '--output', 'json');
      assert.equal(run.status, 0, run.stderr);
      assertAbsent(run.stdout + run.stderr, `the output of ${command}`);
      assert.match(run.stderr, command === 'status' ? /Looking/ : /Checking/);
    }
    const seen = await watch.end();
    assert.ok(seen.includes('kassette.mjs'), 'the watch saw none of the runs');
    assertAbsent(seen, 'the process list');
    assertAbsent(await readVolumes(), 'the record of the restore');
    assertAbsent(await readLogs(), 'a log of the cluster');
  },
);

test('not in the complaint about a password that is not accepted', SLOW, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-secret-'));
  t.after(() => rm(directory, { recursive: true }));
  const superuser = join(directory, 'superuser.json');
  const wrong = 'a-wrong-password';
  await writeFile(superuser, JSON.stringify({ ...subject.superuser, password: wrong }));
  await writeFile(join(directory, 'cluster.json'), JSON.stringify({ ...subject.cluster.file, superuser }));
  for (const output of ['text', 'json']) {
    const run = await runCli(directory, ['before-backup', '--log-level', 'debug', '--output', output]);
    assert.equal(run.status, 26, run.stderr);
    assert.ok(!(run.stdout + run.stderr).includes(wrong));
  }
});

function assertAbsent(text: string, where: string): void {
  assert.ok(text.length > 0, `${where} is empty`);
  const { password } = subject.superuser;
  for (const form of [password, Buffer.from(password).toString('base64'), encodeURIComponent(password)]) {
    assert.ok(!text.includes(form), `the password is in ${where}`);
  }
}

/** Everything that kassette wrote into the volumes. */
async function readVolumes(): Promise<string> {
  return readAll(subject.cluster.nodes.map((n) => join(n.volume, 'kassette')));
}

async function readLogs(): Promise<string> {
  return readAll(subject.cluster.nodes.map((n) => join(n.volume, '..', 'logs')));
}

async function readAll(directories: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const directory of directories) {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) texts.push(await readFile(join(entry.parentPath, entry.name), 'utf8'));
    }
  }
  return texts.join('\n');
}

/** Command lines and environments of all processes, again and again until the end. */
function watchProcesses() {
  let going = true;
  const seen = new Set<string>();
  const watching = (async () => {
    while (going) {
      for (const pid of await readdir('/proc')) {
        if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
        for (const file of ['cmdline', 'environ']) {
          seen.add(await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''));
        }
      }
      await sleep(20);
    }
  })();
  return {
    async end(): Promise<string> {
      going = false;
      await watching;
      return [...seen].join('\n');
    },
  };
}
