import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { volumeFiles } from '../../../src/adapters/volume-files/volume-files.ts';

// A Job that was admitted with another user than the files have: both are named, whatever may not be done.
const ROOT = process.getuid?.() === 0;
const FILES = { uid: 1000680000, gid: 1000680000 };
const JOB = { uid: 999, gid: 999 };

test('files of another user are told with their user and group, and with those of this process', {
  skip: !ROOT,
}, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'kassette-user-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const kept = join(root, 'kassette');
  mkdirSync(join(root, 'data'));
  mkdirSync(join(kept, 'kassette-20260301T021500Z-1a2b'), { recursive: true });
  writeFileSync(join(kept, 'run'), '');
  chmodSync(root, 0o755);
  for (const path of [kept, join(kept, 'kassette-20260301T021500Z-1a2b')]) {
    chownSync(path, FILES.uid, FILES.gid);
    chmodSync(path, 0o700);
  }
  process.setegid?.(JOB.gid);
  process.seteuid?.(JOB.uid);
  try {
    await assert.rejects(volumeFiles(root, root).backups(), {
      code: 'VOLUME_FILES',
      message: new RegExp(
        `EACCES.*belongs to user ${FILES.uid} and group ${FILES.gid}; this process is user ${JOB.uid} in groups ${JOB.gid}`,
      ),
      hint: /--job-user UID:GID/,
    });
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
});
