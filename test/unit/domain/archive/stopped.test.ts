import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStopped } from '../../../../src/domain/archive/stopped.ts';

const segment = (id: bigint) => ({ name: `CommitLog-8-${id}.log`, id, bytes: 1, modifiedAt: 0 });
const ARCHIVED = [segment(5n), segment(7n), segment(6n)];

test('it names the segment that was not taken, when, and why', () => {
  assert.deepEqual(
    parseStopped('1772373600 CommitLog-8-9.log the archive takes more than 5 bytes\n', ARCHIVED),
    {
      id: 9n,
      why: 'its archive stopped at 2026-03-01T14:00:00Z, before CommitLog-8-9.log (the archive takes more than 5 bytes)',
    },
  );
  assert.equal(parseStopped(null, ARCHIVED), null);
});

test('what cannot be read stops it as well, behind what is archived', () => {
  for (const text of [
    '',
    '\n',
    'x',
    '1 ../../etc/passwd no',
    '999999999999 CommitLog-8-9.log no',
    ' CommitLog-8-9.log no',
  ]) {
    assert.deepEqual(parseStopped(text, ARCHIVED), {
      id: 8n,
      why: 'its archive has stopped behind CommitLog-8-7.log',
    });
    assert.equal(parseStopped(text, [])?.id, 0n);
  }
});

test('whatever it says, nothing is thrown, and no control character comes through', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, seconds) => {
      for (const all of [text, `${seconds} CommitLog-8-9.log ${text}`])
        assert.match(parseStopped(all, ARCHIVED)?.why ?? '', /^[\x20-\x7e]+$/);
    }),
  );
});
