import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BackupPart, chooseBackup } from '../../../../src/domain/backup/backup-choice.ts';
import type { ErrorCode } from '../../../../src/domain/errors.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';

const NODES = ['a', 'b'];
const part = (node: string, tag: string, complete = true): BackupPart => ({ node, tag, complete });
const refuses = (code: ErrorCode, parts: readonly BackupPart[], asked?: string) =>
  assert.throws(
    () => chooseBackup(NODES, parts, asked),
    (e) => e instanceof KassetteError && e.code === code,
  );

test('the only complete backup is chosen, beside an incomplete one too', () => {
  assert.equal(chooseBackup(NODES, [part('a', 'x'), part('b', 'x'), part('a', 'y')]), 'x');
});

test('none, an incomplete one, and several without a choice are refused', () => {
  refuses('NO_BACKUP', []);
  refuses('BACKUP_INCOMPLETE', [part('a', 'x')]);
  refuses('BACKUP_INCOMPLETE', [part('a', 'x'), part('b', 'x', false)]);
  refuses(
    'BACKUP_AMBIGUOUS',
    NODES.flatMap((n) => [part(n, 'x'), part(n, 'y')]),
  );
});

test('the one asked for is taken, or its absence told', () => {
  const both = NODES.flatMap((n) => [part(n, 'x'), part(n, 'y')]);
  assert.equal(chooseBackup(NODES, both, 'y'), 'y');
  refuses('NO_BACKUP', both, 'z');
  refuses('BACKUP_INCOMPLETE', [...both, part('a', 'z')], 'z');
});
