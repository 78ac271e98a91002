import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KassetteError } from '../../../src/domain/errors.ts';
import {
  failureOf,
  KEPT_RUNS,
  parseRuns,
  type Run,
  renderRuns,
  withoutSecrets,
  withRun,
} from '../../../src/domain/last-runs.ts';

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const run = (id: string, minute: number, more: Partial<Run> = {}): Run => ({
  ...{ id, command: 'before-backup', hook: true, datacenters: [], tag: null },
  ...{ startedAt: at(minute), endedAt: null, code: null, message: '', ...more },
});
const idsOf = (runs: readonly Run[]) => runs.map((r) => r.id);

test('the newest runs are kept, the newest first; one that ends after many others is one of them', () => {
  const many = Array.from({ length: 25 }, (_, i) => run(String(i), i)).reduce(withRun, []);
  assert.equal(many.length, KEPT_RUNS);
  assert.deepEqual(idsOf(many).slice(0, 2), ['24', '23']);
  const long = withRun(many, run('0', 0, { endedAt: at(30), message: 'done' }));
  assert.equal(long.length, KEPT_RUNS);
  assert.equal(long[0]?.message, 'done');
});

test('the end of a run takes the place of its beginning, and a beginning that is noted late does not take it back', () => {
  const ended = run('a', 1, { endedAt: at(2), code: 'NODE_DOWN', message: 'n1 is down.' });
  const both = withRun(withRun([], run('a', 1)), ended);
  assert.deepEqual(both, [ended]);
  assert.deepEqual(withRun(both, run('a', 1)), [ended]);
});

test('all that is kept stays small, whatever a run has to say, and is one line', () => {
  const long = 'x'.repeat(100_000);
  const datacenters = Array.from({ length: 1000 }, () => long);
  const wordy = {
    tag: long,
    command: long,
    code: long,
    message: `one\n\u001b[31mtwo\u202e ${long}`,
    datacenters,
  };
  const runs = Array.from({ length: 20 }, (_, i) => run(String(i), i, { ...wordy, endedAt: at(i + 1) }));
  const kept = runs.reduce(withRun, []);
  assert.ok(renderRuns(kept).length < 32_768);
  assert.ok(kept.every((r) => r.message.startsWith('one [31mtwo x')));
});

test('what was noted is read again; what somebody else has written there is left out, and moves no cursor', () => {
  const noted = [run('b', 2, { endedAt: at(3), message: 'fine' }), run('a', 1)];
  assert.deepEqual(parseRuns(renderRuns(noted)), noted);
  for (const text of ['', '{', 'null', '{}', '[1,null,{"id":"x"}]']) assert.deepEqual(parseRuns(text), []);
  const evil = [
    { ...run('c', 1), command: 'a\u001b[2Jb', added: 1 },
    { ...run('d', 1), startedAt: 'soon' },
  ];
  assert.deepEqual(
    parseRuns(JSON.stringify(evil)).map((r) => r.command),
    ['a [2Jb'],
  );
});

test('a failure is noted by its code and message; what no catalogue foresees might hold anything, and is not', () => {
  const down = new KassetteError('NODE_DOWN', 'n1 is down.', 'Start it.');
  assert.deepEqual(failureOf(down), { code: 'NODE_DOWN', message: 'n1 is down.' });
  const wrapped = new KassetteError('INTERNAL', 'Unexpected: hunter2', 'Report it.');
  for (const error of [new TypeError('hunter2'), wrapped, 'hunter2']) {
    const { code, message } = failureOf(error);
    assert.equal(code, 'INTERNAL');
    assert.doesNotMatch(message, /hunter2/);
  }
});

test('what libraries put into a message is noted without passwords and tokens', () => {
  const words =
    'https://user:hunter2@proxy:3128/x failed, Authorization: Bearer hunter2, {"password": "hunter2"} token=hunter2';
  assert.doesNotMatch(withoutSecrets(words), /hunter2/);
  const names = 'Secret dse-superuser has no password; n1 at https://10.0.0.1:8080/api is down.';
  assert.equal(withoutSecrets(names), names);
  const error = new KassetteError('CLUSTER_UNREACHABLE', words, 'Check it.');
  assert.doesNotMatch(failureOf(error).message, /hunter2/);
});
