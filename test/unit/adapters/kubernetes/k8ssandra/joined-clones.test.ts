import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { CLONE } from '../../../../../src/adapters/kubernetes/clones/clone-job.ts';
import { kubernetesClones } from '../../../../../src/adapters/kubernetes/clones/clones.ts';
import { MountedClones } from '../../../../../src/adapters/kubernetes/clones/mounted-clones.ts';
import { JoinedClones } from '../../../../../src/adapters/kubernetes/k8ssandra/joined/clones.ts';
import type { Node } from '../../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../../src/domain/errors.ts';
import { NO_SETTINGS } from '../../../../../src/domain/jobs/settings.ts';
import type { NodeShell } from '../../../../../src/ports/node-shell.ts';
import { NamespaceWithJobs, podOf, running } from '../../../support/namespace-with-jobs.ts';

// Clones of two datacenters, each in its own namespace, by a Kubernetes that keeps what it is told.
const { signal } = new AbortController();
const NAMESPACES: Readonly<Record<string, string>> = { dc1: 'a', dc2: 'b' };
const VOLUME = '/var/lib/cassandra';
const nodeOf = (datacenter: string) =>
  ({
    ...{ name: `c-${datacenter}-r-sts-0`, datacenter, volume: VOLUME },
    dataDirectories: [`${VOLUME}/data`],
  }) as unknown as Node;
const LIVE = Object.keys(NAMESPACES).map(nodeOf);
const [FIRST, SECOND] = LIVE as [Node, Node];

/** `namespace pod` of each script. */
let ran: string[];
/** How many scripts more lose their connection. */
let cuts: number;
let warnings: string[];
/** `namespace verb resource` that are not allowed. */
let forbidden: string[];
let places: ReadonlyMap<string, NamespaceWithJobs>;
let clones: JoinedClones;

function livePod(datacenter: string): V1Pod {
  const { name } = nodeOf(datacenter);
  const volumes = [{ name: 'server-data', persistentVolumeClaim: { claimName: `server-data-${name}` } }];
  return {
    metadata: { name, labels: { 'cassandra.datastax.com/datacenter': datacenter } },
    spec: { nodeName: `on-${datacenter}`, containers: [{ name: 'cassandra', image: 'i' }], volumes },
  };
}

function partOf(namespace: string, place: NamespaceWithJobs) {
  const mounted = new MountedClones();
  const shell: NodeShell = {
    run: async ({ name }) => {
      ran.push(`${namespace} ${mounted.podOf(name)?.name ?? name}`);
      if (cuts-- > 0) throw new KassetteError('CONNECTION_CUT', 'It was lost.', 'Try again.');
      return Buffer.from('yes\n');
    },
  };
  const connection = {
    ...{ ...place.connection, namespace },
    authorization: {
      createSelfSubjectAccessReview: async ({ body }: { readonly body: Review }) => {
        const { verb, resource } = body.spec.resourceAttributes;
        return { status: { allowed: !forbidden.includes(`${namespace} ${verb} ${resource}`) } };
      },
    },
    caller: { account: { namespace: 'k', name: 'kassette' }, user: 'kassette', context: null },
  } as unknown as Connection;
  const options = {
    ...{ timeoutMs: 20_000, holdsLease: true, settings: NO_SETTINGS },
    ...{ againAfterMs: [], warn: () => {} },
  };
  return { namespace, shell, clones: kubernetesClones(connection, mounted, { shell, ...options }) };
}

interface Review {
  readonly spec: { readonly resourceAttributes: Readonly<Record<'verb' | 'resource', string>> };
}

beforeEach(() => {
  [ran, warnings, forbidden, cuts] = [[], [], [], 0];
  const machine = (job: { readonly metadata?: { readonly name?: string } }) =>
    job.metadata?.name?.includes('dc2') ? 'on-dc2' : 'on-dc1';
  const runs = { phase: 'Running', containerStatuses: [running('cassandra')] };
  places = new Map(
    Object.entries(NAMESPACES).map(([datacenter, namespace]) => {
      const place = new NamespaceWithJobs((job) => ({ pod: podOf(job, runs, machine(job)) }));
      place.pods = [livePod(datacenter)];
      return [namespace, place];
    }),
  );
  const own = { k8sContext: undefined, reachedBy: undefined };
  const parts = [...places].map(([namespace, place]) => ({ ...own, ...partOf(namespace, place) }));
  const of = (datacenter: string) =>
    parts.find((p) => p.namespace === NAMESPACES[datacenter]) ?? assert.fail(datacenter);
  clones = new JoinedClones(parts, of, (message) => void warnings.push(message));
});

function claimsIn(namespace: string, ...names: readonly string[]): void {
  const place = places.get(namespace) ?? assert.fail(namespace);
  place.claims = names.map((name) => ({ metadata: { name } }));
}

const jobsIn = (namespace: string) =>
  places
    .get(namespace)
    ?.created.map((j) => [
      j.metadata?.namespace,
      j.spec?.template.spec?.volumes?.[0]?.persistentVolumeClaim?.claimName,
      j.metadata?.name?.split('-')[1],
    ]);

test('each clone is mounted in its own namespace, and its scripts run there; both go at the end', async () => {
  claimsIn('a', `server-data-${FIRST.name}-x1`, 'server-data-other-x3');
  claimsIn('b', `server-data-${SECOND.name}-x2`);
  const found = await clones.find({ kind: 'clones', suffixes: ['x1', 'x2'] }, LIVE, signal);
  assert.deepEqual(
    found.map((n) => [n.name, n.datacenter, n.volume, n.dataDirectories]),
    [
      [`a/server-data-${FIRST.name}-x1`, 'dc1', CLONE, [`${CLONE}/data`]],
      [`b/server-data-${SECOND.name}-x2`, 'dc2', CLONE, [`${CLONE}/data`]],
    ],
  );
  assert.deepEqual(jobsIn('a'), [['a', `server-data-${FIRST.name}-x1`, 'read']]);
  assert.deepEqual(jobsIn('b'), [['b', `server-data-${SECOND.name}-x2`, 'read']]);
  ran = [];
  for (const node of [...found, ...LIVE]) await clones.shell.run(node, 'true', []);
  const pods = ['a', 'b'].map((n) => `${n} ${places.get(n)?.created[0]?.metadata?.name}-abcde`);
  assert.deepEqual(ran, [...pods, `a ${FIRST.name}`, `b ${SECOND.name}`]);
  await clones.release();
  for (const place of places.values()) assert.equal(place.removed.length, 1);
  assert.deepEqual(warnings, []);
});

test('a connection that is lost while a clone is looked at is made again', async () => {
  claimsIn('a', `server-data-${FIRST.name}-x1`);
  cuts = 1;
  const found = await clones.find({ kind: 'clones', suffixes: ['x1'] }, LIVE, signal);
  assert.equal(found.length, 1);
  assert.equal(ran.length, 2);
});

test('claims of one name in two namespaces are two clones', async () => {
  claimsIn('a', 'server-data-x');
  claimsIn('b', 'server-data-x');
  const found = await clones.find({ kind: 'clones', suffixes: ['x'] }, LIVE, signal);
  assert.deepEqual(
    found.map((n) => n.name),
    ['a/server-data-x', 'b/server-data-x'],
  );
  ran = [];
  for (const node of found) await clones.shell.run({ ...node, volume: VOLUME }, 'true', []);
  assert.deepEqual(
    ran.map((r) => r.split(' ')[0]),
    ['a', 'b'],
  );
});

test('claims of one name in namespaces of one name, of two Kubernetes clusters, are two clones', async () => {
  claimsIn('a', 'server-data-x');
  claimsIn('b', 'server-data-x');
  const [here, far] = [...places.values()].map((place) => partOf('a', place));
  assert.ok(here !== undefined && far !== undefined);
  const parts = [
    { ...here, k8sContext: undefined, reachedBy: undefined },
    { ...far, k8sContext: 'east', reachedBy: 'prod-east' },
  ] as const;
  const across = new JoinedClones(parts, (datacenter) => parts[datacenter === 'dc1' ? 0 : 1], assert.fail);
  const found = await across.find({ kind: 'clones', suffixes: ['x'] }, LIVE, signal);
  assert.deepEqual(
    found.map((n) => n.name),
    ['a/server-data-x', 'east/a/server-data-x'],
  );
  const [one] = found;
  assert.match(
    (await across.coMount(one ?? FIRST, SECOND, signal)) ?? '',
    /namespace a of k8sContext east\.$/,
  );
  await across.release();
  for (const place of places.values()) assert.equal(place.removed.length, 1);
});

test('a clone meets the live volume of its own namespace; for one of another it says why it cannot', async () => {
  claimsIn('a', `server-data-${FIRST.name}-x`);
  claimsIn('b', `server-data-${SECOND.name}-x`);
  const [one, two] = await clones.find({ kind: 'clones', suffixes: ['x'] }, LIVE, signal);
  assert.ok(one !== undefined && two !== undefined);
  assert.equal(await clones.coMount(two, SECOND, signal), null);
  assert.deepEqual(
    jobsIn('b')?.map((j) => j[2]),
    ['read', 'carry'],
  );
  assert.match((await clones.coMount(one, SECOND, signal)) ?? '', /own namespace .* is in namespace b\.$/);
  assert.deepEqual(
    jobsIn('a')?.map((j) => j[2]),
    ['read'],
  );
  await clones.release();
});

test('where one namespace has none, those of the others are looked at; where none has any, all are named', async () => {
  claimsIn('a', `server-data-${FIRST.name}-x`);
  const from = { kind: 'clones', suffixes: ['x', 'y'] } as const;
  assert.equal((await clones.find(from, LIVE, signal)).length, 1);
  assert.match(warnings.join(), /^No claim in namespace b is a clone .* ends with `x` or `y`\.$/);
  claimsIn('a');
  await assert.rejects(clones.find(from, LIVE, signal), {
    code: 'NO_VOLUME',
    message: /^No claim in namespace a, b is a clone /,
  });
});

test('a right that is missing in one namespace is named with it, and nothing that was begun stays', async () => {
  claimsIn('a', `server-data-${FIRST.name}-x`);
  claimsIn('b', `server-data-${SECOND.name}-x`);
  forbidden = ['b create jobs'];
  await assert.rejects(clones.find({ kind: 'clones', suffixes: ['x'] }, LIVE, signal), {
    code: 'FORBIDDEN',
    message: /namespace b.*create jobs/s,
  });
  assert.equal(places.get('b')?.created.length, 0);
  await clones.release();
  assert.equal(places.get('a')?.removed.length, places.get('a')?.created.length);
});
