import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  ARCHIVE,
  ARCHIVE_SCRIPT,
  archivingProperties,
  type Bound,
  DEFAULT_BOUND,
  type Method,
} from '../../../src/domain/archive/archiving.ts';
import { reasonOf } from '../../../src/domain/archive/stopped.ts';

// What Cassandra runs for each segment, as Cassandra runs it: the command split at blanks, without a shell.
const NAME = 'CommitLog-7-1795720842123.log';
const ROOMY: Bound = { mostPercent: 100, freePercent: 0, mostBytes: null };
let volume: string;
let script: string;

beforeEach(() => {
  volume = mkdtempSync(join(tmpdir(), 'kassette-archive-'));
  script = join(volume, 'script.sh');
  writeFileSync(script, ARCHIVE_SCRIPT);
  mkdirSync(join(volume, 'commitlog'));
  writeFileSync(join(volume, 'commitlog', NAME), 'mutations');
});
afterEach(() => rmSync(volume, { recursive: true, force: true }));

const archive = (...path: readonly string[]) => join(volume, ARCHIVE, ...path);
const stopped = () =>
  existsSync(archive('stopped')) ? reasonOf(readFileSync(archive('stopped'), 'utf8')) : null;

function run(method: Method = 'link', bound: Bound = ROOMY, name = NAME): void {
  const [, command = ''] =
    /^archive_command=(.*)$/m.exec(archivingProperties(script, volume, method, bound)) ?? [];
  const path = join(volume, 'commitlog', name);
  const [program = '', ...args] = command.replace('%name', name).replace('%path', path).split(' ');
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `A command that fails leaves the segment in the log for good: ${stderr}`);
}

test('a segment is linked, into a directory that it makes; once more, it is as it was', () => {
  run();
  run();
  const [kept, own] = [statSync(archive(NAME)), statSync(join(volume, 'commitlog', NAME))];
  assert.deepEqual([kept.ino, own.nlink, stopped()], [own.ino, 2, null]);
});

test('a copy has the time of its segment, and is there as a whole or not at all', () => {
  utimesSync(join(volume, 'commitlog', NAME), 1000, 1000);
  mkdirSync(archive(), { recursive: true });
  writeFileSync(archive(`${NAME}.part`), 'of a run that was killed, and longer');
  run('copy');
  assert.deepEqual(readdirSync(archive()), [NAME]);
  assert.equal(readFileSync(archive(NAME), 'utf8'), 'mutations');
  assert.equal(statSync(archive(NAME)).mtimeMs, 1_000_000);
});

for (const [what, bound, says] of [
  ['the volume is too full', { ...ROOMY, freePercent: 100 }, /^less than 100 % of the volume is free$/],
  ['it takes too much of the volume', { ...ROOMY, mostPercent: -1 }, /^the archive takes more than -1 %/],
  ['it is too big', { ...ROOMY, mostBytes: -1 }, /^the archive takes more than -1 bytes$/],
] as const) {
  test(`it stops and says why where ${what}, and stays so until somebody lets it go on`, () => {
    run('link', bound);
    assert.match(stopped() ?? '', says);
    run();
    assert.deepEqual(readdirSync(archive()), ['stopped']);
    rmSync(archive('stopped'));
    run();
    assert.deepEqual(readdirSync(archive()), [NAME]);
  });
}

test('a segment that is gone, or cannot be kept, stops the archive', () => {
  run('link', ROOMY, 'CommitLog-7-1.log');
  assert.match(stopped() ?? '', /cannot be linked/);
  rmSync(archive('stopped'));
  run('copy', ROOMY, 'CommitLog-7-1.log');
  assert.match(stopped() ?? '', /cannot be copied/);
});

test('it follows no link out of the volume', () => {
  const outside = mkdtempSync(join(tmpdir(), 'kassette-outside-'));
  try {
    symlinkSync(outside, join(volume, 'kassette'));
    run();
    rmSync(join(volume, 'kassette'));
    mkdirSync(join(volume, 'kassette'));
    symlinkSync(outside, archive());
    run();
    rmSync(archive());
    mkdirSync(archive());
    symlinkSync(join(outside, 'made'), archive('stopped'));
    run();
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(readdirSync(archive()), ['stopped']);
  } finally {
    rmSync(outside, { recursive: true });
  }
});

test('by default it leaves the volume a tenth, and takes a quarter of it', () => {
  assert.deepEqual(DEFAULT_BOUND, { mostPercent: 25, freePercent: 10, mostBytes: null });
  const text = archivingProperties('/opt/kassette/kassette-archive.sh', '/var/lib/cassandra');
  assert.match(
    text,
    /^archive_command=\/bin\/sh \/opt\/kassette\/kassette-archive\.sh %path %name \/var\/lib\/cassandra\/kassette\/commitlog link 25 10 0$/m,
  );
});

test('where no directory can be made, nothing is stopped', () => {
  writeFileSync(join(volume, 'kassette'), 'a file');
  run();
});
