import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubectlOptions } from '../../e2e/bed/kubernetes/kubectl.ts';
import type { Renderer, Rendering } from '../../e2e/support/kasten/blueprint-renderer.ts';
import { datacenterSubject, namespaceSubject, runAction } from '../../e2e/support/kasten/blueprint-runner.ts';
import { ControllerDied } from '../../e2e/support/kasten/kube-task-pod.ts';
import { actionSet as actionSetKind } from '../../kasten/kanister.ts';

// How the test bed's stand-in for Kanister's controller leaves things, by Kanister's source (pkg/controller, pkg/kube).

interface ActionSet {
  readonly spec: { readonly actions: readonly Record<string, unknown>[] };
  status: Record<string, unknown> | null;
}

/** A cluster whose pods end as they are told, and which keeps what is written into it. */
class FakeCluster {
  actionSet: ActionSet | null = null;
  readonly states: string[] = [];
  readonly pods = new Map<string, string>();
  /** What `kubectl get pod` answers, in turn; the last one for good. */
  answers: string[] = ['Succeeded '];
  log = '';

  async kubectl(args: readonly string[], { input = '' }: KubectlOptions = {}): Promise<string> {
    const [verb, kind, name = ''] = args[0] === '--namespace' ? args.slice(2) : args;
    if (verb === 'create') return this.#create(JSON.parse(input));
    if (verb === 'patch') {
      const { status } = JSON.parse(args.at(-1) ?? '') as { status: Record<string, unknown> };
      // As the API server of the bed does, which knows the kind.
      actionSetKind.status.parse(status);
      if (this.actionSet !== null) this.actionSet.status = status;
      const [action] = status['actions'] as { phases: { name: string; state: string }[] }[];
      this.states.push(`${status['state']}: ${action?.phases.map((p) => `${p.name} ${p.state}`).join(', ')}`);
      return '';
    }
    if (verb === 'logs') return this.log;
    if (verb === 'delete') return String(this.pods.delete(name));
    if (verb === 'get' && kind === 'pod') {
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      return answer ?? '';
    }
    return JSON.stringify({ metadata: { name, namespace: 'ns' }, actions: {} });
  }

  #create(made: ActionSet & { kind: string }): string {
    if (made.kind === 'Pod') {
      this.pods.set('pod-1', 'there');
      return JSON.stringify({ metadata: { name: 'pod-1', namespace: 'kassette' } });
    }
    actionSetKind.spec.parse(made.spec);
    this.actionSet = { ...made, status: null };
    return 'actionset.cr.kanister.io/act-1\n';
  }
}

/** Two phases; what was to be rendered. */
function rendererOf(seen: Rendering[] = []): Renderer {
  return {
    phasesOf: async () => ['one', 'two'],
    podOf: async (rendering) => {
      seen.push(rendering);
      return {
        kind: 'Pod',
        metadata: { namespace: 'kassette' },
        spec: { containers: [{ name: 'container' }] },
      };
    },
    artifactsOf: async () => ({ dump: { keyValue: { a: 'b' } } }),
  };
}

test('an ActionSet goes from running to complete, phase by phase, and no pod is left', async () => {
  const cluster = new FakeCluster();
  cluster.log = '###Phase-output###: {"key":"tag","value":"t"}';
  const run = await runAction(cluster, 'bp', 'act', namespaceSubject('ns'), { renderer: rendererOf() });
  assert.deepEqual(run.outputs, { one: { tag: 't' }, two: { tag: 't' } });
  assert.deepEqual(cluster.states, [
    'running: one pending, two pending',
    'running: one running, two pending',
    'running: one complete, two pending',
    'running: one complete, two running',
    'running: one complete, two complete',
    'complete: one complete, two complete',
  ]);
  assert.equal(cluster.pods.size, 0);
});

test('a phase that fails is failed by name, with the reason that the pod has: a deadline has no other word', async () => {
  const cluster = new FakeCluster();
  cluster.answers = ['Running ', 'Failed DeadlineExceeded'];
  const run = runAction(cluster, 'bp', 'act', namespaceSubject('ns'), { renderer: rendererOf() });
  await assert.rejects(run, /ended as Failed DeadlineExceeded/);
  assert.equal(cluster.states.at(-1), 'failed: one failed, two pending');
  assert.match(JSON.stringify(cluster.actionSet?.status?.['error']), /DeadlineExceeded/);
  assert.equal(cluster.pods.size, 0);
});

test('a controller that dies leaves the ActionSet running for ever, and the pod in its namespace', async () => {
  const cluster = new FakeCluster();
  const death = new AbortController();
  cluster.answers = ['Running '];
  const { kubectl } = cluster;
  const bed = {
    kubectl: (args: readonly string[], options?: KubectlOptions) => {
      if (args.includes('pod')) death.abort();
      return kubectl.call(cluster, args, options);
    },
  };
  const options = { renderer: rendererOf(), dies: death.signal };
  await assert.rejects(runAction(bed, 'bp', 'act', namespaceSubject('ns'), options), ControllerDied);
  assert.equal(cluster.states.at(-1), 'running: one running, two pending');
  assert.deepEqual([...cluster.pods.keys()], ['pod-1']);
});

test('what the ActionSet says of its pods stands in it and reaches the renderer', async () => {
  const cluster = new FakeCluster();
  const seen: Rendering[] = [];
  const podOverride = { serviceAccountName: 'other' };
  const rest = { podOverride, podLabels: { a: 'b' }, podAnnotations: { c: 'd' } };
  await runAction(cluster, 'bp', 'act', namespaceSubject('ns'), { renderer: rendererOf(seen), ...rest });
  const [action] = cluster.actionSet?.spec.actions ?? [];
  assert.deepEqual([action?.['podOverride'], action?.['podLabels']], [podOverride, { a: 'b' }]);
  const { PodOverride, PodLabels, PodAnnotations } = seen[0]?.params ?? {};
  assert.deepEqual([PodOverride, PodLabels, PodAnnotations], [podOverride, { a: 'b' }, { c: 'd' }]);
});

test('a subject without a namespace gives a template nothing, not the name of the subject', async () => {
  const cluster = new FakeCluster();
  const seen: Rendering[] = [];
  const subject = { kind: 'Namespace', name: 'ns' };
  await runAction(cluster, 'bp', 'act', subject, { renderer: rendererOf(seen) });
  assert.deepEqual(seen[0]?.params.Namespace, { Name: '', Namespace: '' });
  await runAction(cluster, 'bp', 'act', datacenterSubject('dc', 'ns'), { renderer: rendererOf(seen) });
  assert.equal(seen.at(-1)?.params.Namespace, undefined);
});
