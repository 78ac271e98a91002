import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors, types } from 'cassandra-driver';
import { failed } from '../../../../src/adapters/cql/cql-errors.ts';
import { insteadOfAll } from '../../../../src/adapters/cql/existing-replicas.ts';

const { unavailableException, overloaded } = types.responseErrorCodes;

function refusal(code: number, alive: number): Error {
  const cause = Object.assign(new errors.ResponseError(code, 'Cannot achieve consistency level ALL'), {
    consistencies: types.consistencies.all,
    required: 9,
    alive,
  });
  const wrapped = new errors.NoHostAvailableError({ '127.0.0.1:9042': cause });
  return failed('SELECT …', cause.message, alive === 2 ? cause : wrapped);
}

test('where replication names more replicas than there are, those that are there are asked', () => {
  const { one, two, three, quorum } = types.consistencies;
  assert.deepEqual(
    [1, 2, 3, 4, 7].map((alive) => insteadOfAll(refusal(unavailableException, alive))),
    [one, two, three, quorum, quorum],
  );
});

test('no replica at all, another refusal, and what is none stay errors', () => {
  assert.equal(insteadOfAll(refusal(unavailableException, 0)), null);
  assert.equal(insteadOfAll(refusal(overloaded, 3)), null);
  assert.equal(insteadOfAll(new Error('unavailable')), null);
});
