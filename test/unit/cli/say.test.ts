import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../../src/cli/commands/all.ts';
import { sayFor } from '../../../src/cli/say.ts';
import { applied, hint, kassette, kubectl } from '../../../src/domain/hint.ts';

test('a command that is to be copied names the cluster that this run works on', () => {
  const advice = hint`Run ${kassette('after-restore', '--tag', 't')} again, or ${kassette('plan', 'restore-table', 'k.t')}.`;
  assert.equal(
    sayFor(COMMANDS, { namespace: 'ns', context: 'prod', tag: 'other', timeoutMs: 1 })(advice),
    'Run `kassette after-restore --tag t --namespace ns --context prod` again, or `kassette plan restore-table k.t --namespace ns --context prod`.',
  );
  assert.equal(
    sayFor(COMMANDS, { datacenters: [] })(advice),
    'Run `kassette after-restore --tag t` again, or `kassette plan restore-table k.t`.',
  );
  const lab = sayFor(COMMANDS, { embedded: '/lab', datacenters: ['a', 'b'] });
  assert.equal(lab(hint`${kassette('recover')}`), '`kassette recover --datacenter a b --embedded /lab`');
});

test('a command that names its place, or has no such flag, stays as it is; text is never changed', () => {
  const say = sayFor(COMMANDS, { namespace: 'b', context: 'prod' });
  const text = 'Look with `kassette status`.';
  assert.equal(say(text), text);
  assert.equal(say(hint`${kassette('completion', 'bash')}`), '`kassette completion bash`');
  assert.equal(
    say(hint`${kassette('after-restore', '--namespace', 'a')}`),
    '`kassette after-restore --namespace a --context prod`',
  );
});

test('kubectl is led to the Kubernetes of the run, or to the one that its command names', () => {
  const given = {
    namespace: 'b',
    kubeconfig: '/k',
    k8ssandraCluster: 'demo',
    context: ['east=prod-east', 'main'],
  };
  const say = sayFor(COMMANDS, given);
  assert.equal(say(hint`${kubectl('get', 'pods')}`), '`kubectl get pods --kubeconfig /k --context main`');
  assert.equal(
    say(hint`${kubectl('get', 'pods', '--context', 'prod-east')}`),
    '`kubectl get pods --context prod-east --kubeconfig /k`',
  );
  assert.equal(sayFor(COMMANDS, {})(hint`${kubectl('get', 'pods')}`), '`kubectl get pods`');
});

test('manifests are for the namespace of the run: without one they would not be printed', () => {
  assert.equal(
    sayFor(COMMANDS, { namespace: 'ns', context: 'prod' })(hint`${kassette('manifests', '--mode', 'hooks')}`),
    '`kassette manifests --mode hooks --datacenter-namespace ns --context prod`',
  );
});

test('what a shell would not take as one word is quoted', () => {
  const say = sayFor(COMMANDS, { kubeconfig: "/my files/it's" });
  assert.equal(say.command(kassette('status')), `kassette status --kubeconfig '/my files/it'\\''s'`);
  assert.equal(
    say.command(applied(kassette('rbac', '--namespace', 'ns'))),
    `kassette rbac --namespace ns --kubeconfig '/my files/it'\\''s' | kubectl apply -f - --kubeconfig '/my files/it'\\''s'`,
  );
});
