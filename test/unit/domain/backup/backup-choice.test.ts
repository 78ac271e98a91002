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

test('nodes that have nothing of any backup, beside others that are whole, may be those of a scaled datacenter', () => {
  const hintOf = (parts: readonly BackupPart[]) => {
    try {
      return chooseBackup(NODES, parts);
    } catch (error) {
      return error instanceof KassetteError ? error.hint : error;
    }
  };
  const scaled =
    /If these nodes were added when the datacenter was scaled up: set `spec.size`.* run the same command again.*Otherwise/;
  assert.match(String(hintOf([part('a', 'x')])), scaled);
  // The volume of another restore point, of an unfinished backup, or of none.
  for (const parts of [
    [part('a', 'x'), part('b', 'y')],
    [part('a', 'x'), part('b', 'x', false)],
    [part('a', 'x', false)],
  ])
    assert.doesNotMatch(String(hintOf(parts)), /scaled/);
});
