import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import { forbidden } from '../../../../../src/adapters/kubernetes/client/call-errors.ts';
import { asCaller, type Caller } from '../../../../../src/adapters/kubernetes/client/caller.ts';
import { call } from '../../../../../src/adapters/kubernetes/client/calls.ts';
import { OUTSIDE, READ } from '../../../../../src/domain/rights.ts';

const PERSON: Caller = {
  ...{ server: 'https://api:6443', context: 'prod', user: 'ada', account: null },
  ...{ tokenExpires: null, plugin: null, unusedProxy: null },
};
const POD: Caller = {
  ...PERSON,
  ...{ context: null, user: 'kassette/kassette', account: { namespace: 'kassette', name: 'kassette' } },
};

/** What a call ends with that fails so, made as that caller. */
async function failure(caller: Caller, error: unknown) {
  const client = asCaller({ list: async () => Promise.reject(error) }, caller);
  return call(READ.pods, 'ns', () => client.list()).then(
    () => assert.fail('it did not fail'),
    (e: { code: string; message: string; hint: string }) => e,
  );
}

test('who lacks a right is told the way that fits: rights for the account in use, of which nothing is made anew', () => {
  const { code, hint } = forbidden([READ.pods], 'cass-operator', undefined, POD);
  assert.equal(code, 'FORBIDDEN');
  assert.match(hint, /works as service account kassette\/kassette\./);
  assert.match(
    hint,
    /`kassette rbac --namespace cass-operator --service-account kassette\/kassette \| kubectl apply -f -`/,
  );
  const person = forbidden([OUTSIDE.forward], 'ns', undefined, PERSON).hint;
  assert.match(
    person,
    /user ada of context prod.*`kassette rbac --namespace ns --outside \| kubectl apply -f -`/,
  );
  for (const caller of [POD, PERSON, undefined])
    assert.doesNotMatch(forbidden([READ.pods], 'ns', undefined, caller).hint, /deploy\//);
});

test('a token that has expired, and credentials that are refused for another reason', async () => {
  const refused = () => new ApiException(401, 'Unauthorized', '', {});
  const expired = await failure({ ...PERSON, tokenExpires: '2020-01-01T00:00:00.000Z' }, refused());
  assert.equal(expired.code, 'CLUSTER_UNREACHABLE');
  assert.match(expired.message, /^The token of ada has expired, at 2020-01-01/);
  assert.match(expired.hint, /Log in to the cluster again/);
  const other = await failure(PERSON, refused());
  assert.match(
    other.message,
    /https:\/\/api:6443 \(context prod\) does not accept the credentials of ada \(401\)/,
  );
  assert.match((await failure(POD, refused())).hint, /Delete the pod/);
});

test('a credential plugin that is missing, at once; one that fails, with its last words', async () => {
  const plugin = { command: 'aws', hint: 'Get it from your cloud.' };
  const missing = Object.assign(new Error('spawn aws ENOENT'), { code: 'ENOENT', syscall: 'spawn aws' });
  const { code, message, hint } = await failure({ ...PERSON, plugin }, missing);
  assert.equal(code, 'CLUSTER_UNREACHABLE');
  assert.match(message, /plugin `aws` of user ada .* not installed, or not in PATH/);
  assert.match(hint, /Get it from your cloud\./);
  const failed = await failure({ ...PERSON, plugin }, new Error('usage\nThe SSO session has expired.\n'));
  assert.match(failed.message, /plugin `aws` of user ada .* failed: The SSO session has expired\./);
});

test('a port that fetch refuses is no fault of kassette', async () => {
  const refused = await fetch('https://127.0.0.1:1').catch((error: unknown) => error);
  const { code, message } = await failure(PERSON, refused);
  assert.equal(code, 'CLUSTER_UNREACHABLE');
  assert.match(message, /cannot be used: fetch failed: bad port$/);
});

test('a name that does not resolve says where it was looked for, and of a proxy that is not used', async () => {
  const unresolved = new TypeError('fetch failed', {
    cause: Object.assign(new Error('getaddrinfo ENOTFOUND api'), { code: 'ENOTFOUND' }),
  });
  const { message, hint } = await failure({ ...PERSON, unusedProxy: 'HTTPS_PROXY' }, unresolved);
  assert.match(
    message,
    /https:\/\/api:6443 \(context prod\) cannot be used: fetch failed: getaddrinfo ENOTFOUND api/,
  );
  assert.match(hint, /HTTPS_PROXY is set, which kassette does not use\. .*proxy-url/);
  assert.doesNotMatch((await failure(PERSON, unresolved)).hint, /proxy/);
});
