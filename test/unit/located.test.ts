import assert from 'node:assert/strict';
import { test } from 'node:test';
import { located } from '../../src/cli/located.ts';

test('a command that is to be copied names the place that this one was told', () => {
  const hint =
    'Run «kassette after-restore --tag t» again, or «kassette after-backup»; «after-restore --method warm».';
  assert.equal(
    located(hint, { namespace: 'ns', context: 'prod' }),
    'Run «kassette after-restore --tag t --namespace ns --context prod» again, or «kassette after-backup --namespace ns --context prod»; «after-restore --method warm».',
  );
  assert.equal(located(hint, { datacenter: [] }), hint);
  assert.equal(
    located('«kassette recover»', { embedded: '/lab', datacenter: ['a', 'b'] }),
    '«kassette recover --embedded /lab --datacenter a b»',
  );
});

test('quotes of either kind are kept', () => {
  assert.equal(located('`kassette status`', { namespace: 'ns' }), '`kassette status --namespace ns`');
});

test('what names its place, works nowhere, or would want quoting stays as it is', () => {
  const text = '«kassette after-restore --namespace a», «kassette manifests»';
  assert.equal(located(text, { namespace: 'b' }), text);
  assert.equal(located('«kassette status»', { kubeconfig: '/my "files"/k' }), '«kassette status»');
});
