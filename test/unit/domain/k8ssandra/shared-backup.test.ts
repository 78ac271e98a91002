import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordOf, renderClosed } from '../../../../src/domain/backup/closed.ts';
import { openingOf, pastOf, type Runner } from '../../../../src/domain/backup/opening.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { planEnding, planFailing } from '../../../../src/domain/k8ssandra/ending.ts';
import { type FoundNote, noteNamed, renderNote, writerOf } from '../../../../src/domain/k8ssandra/note.ts';
import { planJoining, type SharedVolume, sharedIn } from '../../../../src/domain/k8ssandra/shares.ts';

const TAG = 'kassette-20260301T021500Z-1a2b';
const MADE = new Date('2026-03-01T02:15:00Z');
const HOUR = 3_600_000;
const by = (run: string | null): Runner => ({ run, hook: true });
const OPENING = openingOf(MADE, 24 * HOUR, by('maker'), [], 1, ['a', 'b', 'c']);

type Said = Readonly<Record<string, string>>;

/** Two nodes for each namespace. `said`: what each has noted, as `joined:run ended failed`; `half` on one of its nodes alone. */
function volumes(said: Said, more: Partial<SharedVolume> = {}): readonly SharedVolume[] {
  return ['a', 'b', 'c'].flatMap((namespace) =>
    [0, 1].map((i) => ({
      ...{ node: `${namespace}-${i}`, namespace, closed: null },
      backups: [
        {
          ...{ tag: TAG, complete: true, journal: null, cold: null },
          marker: JSON.stringify({ tag: TAG, manifestSha256: '', opened: OPENING }),
          notes: notesOf(said[namespace] ?? '', namespace, i),
        },
      ],
      ...more,
    })),
  );
}

function notesOf(said: string, namespace: string, node: number): readonly FoundNote[] {
  return said
    .split(' ')
    .filter(Boolean)
    .flatMap((word) => {
      const [, half, kind, run] = /^(half-)?(joined|ended|failed)(?::(.*))?$/.exec(word) ?? [];
      if (half !== undefined && node > 0) return [];
      return { kind: kind as FoundNote['kind'], namespace, text: renderNote(by(run ?? null)) };
    });
}

const codeOf = (work: () => unknown): string => {
  try {
    const value = work();
    return value === null ? 'make' : JSON.stringify(value);
  } catch (error) {
    assert.ok(error instanceof KassetteError);
    return error.code;
  }
};

// What the hook of namespace b does, by what the three have said.
for (const [what, said, run, expected] of [
  ['made by another namespace', { a: 'joined:r1' }, 'r2', 'join'],
  ['made, and its own note not written by then', {}, 'r2', 'join'],
  ['joined by this run', { a: 'joined:r1', b: 'joined:r2' }, 'r2', 'join'],
  ['joined by another run', { a: 'joined:r1', b: 'joined:r1' }, 'r2', 'BACKUP_OPEN'],
  ['joined, nothing is known of runs', { a: 'joined', b: 'joined' }, null, 'BACKUP_OPEN'],
  ['half of the note written', { a: 'joined:r1', b: 'half-joined:r1' }, 'r2', 'join'],
  ['ended by this run', { b: 'joined:r2 ended:r2' }, 'r2', 'BACKUP_OPEN'],
  ['another has ended', { a: 'joined:r1 ended:r1' }, 'r2', 'join'],
  ['another has failed', { a: 'joined:r1 failed:r1' }, 'r2', 'BACKUP_INCOMPLETE'],
  ['another has failed on one node', { a: 'joined:r1 half-failed:r1' }, 'r2', 'BACKUP_INCOMPLETE'],
  ['another has failed, joined for another run', { a: 'failed:r1', b: 'joined:r0' }, 'r2', 'BACKUP_OPEN'],
] as const)
  test(`before-backup, ${what}: ${expected}`, () => {
    const plan = () => planJoining(volumes(said), { namespace: 'b', runner: by(run) }, MADE);
    if (expected === 'join') assert.equal(plan()?.tag, TAG);
    else assert.equal(codeOf(plan), expected);
  });

test('before-backup makes one where none is open, it is abandoned, closed, being restored, or not shared by the namespace', () => {
  const hook = { namespace: 'b', runner: by('r2') };
  const later = new Date(MADE.getTime() + 24 * HOUR);
  assert.equal(planJoining(volumes({ a: 'joined:r1' }), hook, later), null);
  const [first] = sharedIn(volumes({}), 'b');
  assert.ok(first);
  const closed = renderClosed(recordOf(first, by('r1'), MADE));
  assert.equal(planJoining(volumes({}, { closed }), hook, MADE), null);
  assert.equal(planJoining(volumes({}, { backups: [] }), hook, MADE), null);
  assert.equal(planJoining(volumes({}), { ...hook, namespace: 'd' }, MADE), null);
});

const OTHERS_JOINED = { a: 'joined:r1', c: 'joined:r3' };
for (const [what, said, run, kind, others] of [
  ['the others go on', { ...OTHERS_JOINED, b: 'joined:r2' }, 'r2', 'end', ['a', 'c']],
  ['it is the last', { a: 'joined:r1 ended:r1', b: 'joined:r2', c: 'joined:r3 ended:r3' }, 'r2', 'end', []],
  ['run again', { ...OTHERS_JOINED, b: 'joined:r2 ended:r2' }, 'r2', 'end', ['a', 'c']],
  [
    'ended on one node alone',
    { a: 'joined:r1 half-ended:r1', b: 'joined:r2', c: 'ended:r3' },
    'r2',
    'end',
    ['a'],
  ],
  ['the hooks of one run have other ids', { ...OTHERS_JOINED, b: 'joined:r2' }, 'r9', 'end', ['a', 'c']],
  ['nothing is known of runs', { a: 'joined', b: 'joined', c: 'joined ended' }, null, 'end', ['a']],
  ['another has failed', { a: 'joined:r1 failed:r1', b: 'joined:r2', c: 'joined:r3' }, 'r2', 'fail', ['c']],
  [
    'another has failed that had not joined',
    { a: 'failed:r1', b: 'joined:r2', c: 'ended:r3' },
    'r2',
    'fail',
    [],
  ],
  ['it has failed itself before', { ...OTHERS_JOINED, b: 'joined:r2 failed:r2' }, 'r2', 'fail', ['a', 'c']],
] as const)
  test(`after-backup, ${what}: ${kind}, ${others.length} left`, () => {
    const plan = planEnding(volumes(said), { namespace: 'b', runner: by(run) });
    assert.ok(plan.kind === 'end' || plan.kind === 'fail');
    assert.deepEqual([plan.kind, plan.others], [kind, others]);
  });

test('after-backup of a namespace that has not joined, or of no backup at all', () => {
  const hook = { namespace: 'b', runner: by('r2') };
  assert.equal(
    codeOf(() => planEnding(volumes(OTHERS_JOINED), hook)),
    'NO_BACKUP',
  );
  assert.equal(
    codeOf(() => planEnding(volumes({}, { backups: [] }), hook)),
    'NO_BACKUP',
  );
});

test('after-backup of one that was closed: done for a namespace that had ended, by the same run; not for another', () => {
  const [first] = sharedIn(volumes({}), 'b');
  assert.ok(first);
  const ended = ['a', 'b', 'c'].map((namespace, i) => ({ namespace, run: `r${i + 1}` }));
  const closedFor = (record: object) => renderClosed({ ...recordOf(first, by('r1'), MADE), ...record });
  const plan = (run: string | null, closed: string) => {
    const left = volumes({ b: 'joined:r2 ended:r2' }, { closed });
    return codeOf(() => planEnding(left, { namespace: 'b', runner: by(run) }).kind);
  };
  assert.equal(plan('r2', closedFor({ ended })), '"finish"');
  assert.equal(plan(null, closedFor({ ended })), '"finish"');
  assert.equal(plan('r9', closedFor({ ended })), 'NO_BACKUP');
  // Closed by hand, while its volumes were copied.
  assert.equal(plan('r2', closedFor({})), 'NO_BACKUP');
  assert.equal(plan('r9', closedFor({ ended, past: [{ tag: 't', run: 'r9', state: 'closed' }] })), '"past"');
});

test('after-backup that comes late: its backup was closed, or removed, before the open one was made', () => {
  const past = (state: 'closed' | 'given-up') => {
    const opened = { ...OPENING, past: [{ tag: 'old', run: 'r2', state }] };
    return volumes(OTHERS_JOINED).map((v) => ({
      ...v,
      backups: v.backups.map((b) => ({ ...b, marker: JSON.stringify({ tag: TAG, opened }) })),
    }));
  };
  const hook = { namespace: 'b', runner: by('r2') };
  assert.deepEqual(planEnding(past('closed'), hook).kind, 'past');
  assert.equal(
    codeOf(() => planEnding(past('given-up'), hook)),
    'NO_BACKUP',
  );
});

const ATTEMPT = { id: 'x', startedAt: MADE };
for (const [what, said, run, attempt, expected] of [
  ['of the run that has joined', { ...OTHERS_JOINED, b: 'joined:r2' }, 'r2', undefined, ['a', 'c']],
  ['of the last one', { a: 'ended:r1', b: 'joined:r2', c: 'failed:r3' }, 'r2', undefined, []],
  ['not joined: it never will be', OTHERS_JOINED, 'r2', undefined, ['a', 'c']],
  ['joined for another run', { ...OTHERS_JOINED, b: 'joined:r0' }, 'r2', undefined, 'leave'],
  ['nothing is known of runs', { b: 'joined' }, null, undefined, ['a', 'c']],
  ['nothing is known, and a hook was refused', { b: 'joined' }, null, ATTEMPT, 'leave'],
  ['nothing is known, a hook was refused, and nothing joined', {}, null, ATTEMPT, ['a', 'c']],
] as const)
  test(`the failure hook ${what}: ${JSON.stringify(expected)}`, () => {
    const [backup] = sharedIn(volumes(said), 'b');
    assert.ok(backup);
    const plan = planFailing(backup, { namespace: 'b', runner: by(run) }, attempt);
    assert.deepEqual(plan.kind === 'fail' ? plan.others : plan.kind, expected);
  });

test('what makes way is remembered for the hooks of all runs that had joined it', () => {
  const [backup] = sharedIn(volumes({ a: 'joined:maker', b: 'joined:r2', c: 'joined' }), 'a');
  assert.ok(backup);
  assert.deepEqual(
    pastOf(backup, 'given-up').map((p) => p.run),
    ['maker', 'r2'],
  );
});

test('a note is what kassette writes, and nothing else', () => {
  assert.deepEqual(writerOf({ text: renderNote(by('r')) }), by('r'));
  for (const text of ['', '{}', 'null', '{"version":2,"run":null,"hook":true}'])
    assert.equal(writerOf({ text }), null);
  assert.deepEqual(noteNamed('joined/k8ssandra-b'), { kind: 'joined', namespace: 'k8ssandra-b' });
  for (const path of [
    'joined/',
    'other/a',
    'joined/a/b',
    'joined/A',
    'joined/-a',
    `joined/${'a'.repeat(64)}`,
  ])
    assert.equal(noteNamed(path), null, path);
});
