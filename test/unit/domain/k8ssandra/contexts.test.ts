import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseContexts, inContexts } from '../../../../src/domain/k8ssandra/contexts.ts';
import { inOrder, type Location, placeName } from '../../../../src/domain/k8ssandra/locations.ts';
import { type K8ssandraSpec, locationsOf } from '../../../../src/domain/k8ssandra/members.ts';

// Which context of a kubeconfig leads to which datacenter of a K8ssandraCluster.

/** By its datacenters: the k8sContext of each, and a namespace. */
function spec(...places: readonly (readonly [string | undefined, string])[]): K8ssandraSpec {
  const datacenters = places.map(([k8sContext, namespace], i) => ({
    ...{ name: `dc${i + 1}`, namespace },
    ...(k8sContext === undefined ? {} : { k8sContext }),
  }));
  return { namespace: 'k8ss', name: 'two', clusterName: 'Two Rings', datacenters };
}

const names = ['main', 'east', 'prod-west'];
const server = (context: string) => ({ context, server: `https://${context}:6443` });
const placesIn = (of: K8ssandraSpec) => locationsOf(of).map(placeName);

test('a context that is named leads there, else one of the same name', () => {
  const of = spec([undefined, 'a'], ['east', 'a'], ['west', 'a']);
  const chosen = chooseContexts(of, { names, named: new Map([['west', 'prod-west']]) });
  assert.deepEqual([...chosen].toSorted(), [
    ['east', 'east'],
    ['west', 'prod-west'],
  ]);
  const named = new Map([
    ['west', 'prod-west'],
    ['east', 'main'],
  ]);
  assert.equal(chooseContexts(of, { names, named }).get('east'), 'main');
  assert.deepEqual([...chooseContexts(spec([undefined, 'a']), { names: null, named: new Map() })], []);
});

test('what cannot be reached is named with its datacenter, and with the way out of where the run is', () => {
  const of = spec([undefined, 'a'], ['north', 'a'], ['south', 'b']);
  const without = { names, named: new Map([['north', 'main']]) };
  assert.throws(() => chooseContexts(of, without), {
    code: 'PARTIAL_CLUSTER',
    message:
      'K8ssandraCluster k8ss/two has datacenters in other Kubernetes clusters, which this run does not reach: dc3 (k8sContext south).',
    hint: /`--context south=CONTEXT`; contexts: main, east, prod-west/,
  });
  assert.throws(() => chooseContexts(of, { names: null, named: without.named }), {
    code: 'PARTIAL_CLUSTER',
    message: /dc2 \(k8sContext north\), dc3 \(k8sContext south\)/,
    hint: /This run is a pod and reaches its own Kubernetes alone; so do the hooks of Kasten/,
  });
  assert.throws(
    () =>
      chooseContexts(spec([undefined, 'a'], ['east', 'a']), { names, named: new Map([['eats', 'main']]) }),
    { code: 'USAGE', message: /k8sContext `eats`, .*; they have k8sContext east/ },
  );
});

test('a k8sContext that leads back to the Kubernetes of the object, or to where another one leads, is none of its own', () => {
  const of = spec([undefined, 'a'], ['home', 'a'], ['east', 'a'], ['orient', 'b']);
  const east = server('prod-east');
  const chosen = new Map([
    ['home', server('main')],
    ['orient', east],
    ['east', east],
  ]);
  const seen = inContexts(of, server('main'), chosen);
  assert.deepEqual(placesIn(seen), ['a', 'a of k8sContext east', 'b of k8sContext east']);
  assert.deepEqual(seen.datacenters[3], {
    ...{ name: 'dc4', namespace: 'b', k8sContext: 'east' },
    reachedBy: 'prod-east',
  });
});

test('two contexts with one API server are refused: a namespace of it would be two', () => {
  const of = spec([undefined, 'a'], ['east', 'a']);
  const again = { context: 'admin@main', server: 'https://main:6443' };
  assert.throws(() => inContexts(of, server('main'), new Map([['east', again]])), {
    code: 'USAGE',
    message: /Contexts main and admin@main of the kubeconfig both lead to https:\/\/main:6443/,
  });
});

test('places have one order, whatever the contexts of the kubeconfig are called', () => {
  const of = spec(['west', 'a'], [undefined, 'b'], ['east', 'b'], [undefined, 'a'], ['east', 'a']);
  const order = ['a', 'b', 'a of k8sContext east', 'b of k8sContext east', 'a of k8sContext west'];
  for (const [east, west] of [
    ['1', '2'],
    ['2', '1'],
  ] as const) {
    const chosen = new Map([
      ['east', server(east)],
      ['west', server(west)],
    ]);
    assert.deepEqual(placesIn(inContexts(of, server('main'), chosen)), order);
  }
  const twice: readonly Location[] = [
    { namespace: 'a', k8sContext: 'east' },
    { namespace: 'a' },
    { namespace: 'a' },
  ];
  assert.deepEqual(inOrder(twice).map(placeName), ['a', 'a of k8sContext east']);
});
