import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';

// What is committed to be applied grants rights in named namespaces, to named secrets, and no more.

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Granted {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

/** The one file that is wide by its name. */
const WIDE = 'rbac-cluster.yaml';
const OF_K8SSANDRA = 'rbac-k8ssandracluster.yaml';
const text = (file: string) => readFileSync(`deploy/${file}`, 'utf8');
const files = readdirSync('deploy').filter((file) => file.endsWith('.yaml'));
const objectsOf = (file: string) =>
  parseAllDocuments(text(file)).flatMap((d) => (d.toJS() as Granted | null) ?? []);
const rulesOf = (objects: readonly Granted[]) => objects.flatMap((o) => o.rules ?? []);

test('what is to be applied grants nothing in all namespaces, but for the file that is called so', () => {
  const granting = files.filter((file) => rulesOf(objectsOf(file)).length > 0);
  assert.deepEqual(granting, [
    ...[
      'kassette-k8ssandracluster.yaml',
      'kassette.yaml',
      'rbac-cluster.yaml',
      'rbac-k8ssandracluster.yaml',
      'rbac-namespace.yaml',
    ],
  ]);
  const wide = granting.flatMap((file) =>
    objectsOf(file)
      .filter(({ kind }) => kind.startsWith('ClusterRole'))
      .map(({ kind, metadata }) => `${file}: ${kind} ${metadata.name}`),
  );
  assert.deepEqual(
    wide.filter((line) => !line.startsWith(`${WIDE}: `)),
    [],
  );
  assert.equal(wide.length, 2);
});

test('no rule is about secrets without their names, or about any verb or resource', () => {
  for (const file of files) {
    for (const { resources, resourceNames, verbs } of rulesOf(objectsOf(file))) {
      assert.ok(![...resources, ...verbs].some((word) => word.includes('*')), file);
      if (!resources.includes('secrets')) continue;
      // Its own copy it may write, and not read.
      const isCopy = file.includes('k8ssandracluster') && resourceNames?.[0] === 'kassette-superuser-demo';
      const [own, may] = isCopy
        ? ['kassette-superuser-demo', ['create', 'patch']]
        : [file.includes('k8ssandracluster') ? 'demo-superuser' : 'dse-superuser', ['get']];
      assert.deepEqual([resourceNames, verbs], [[own], may], file);
    }
  }
});

test('for a K8ssandraCluster rights hold where its datacenters are, and the object may be read where it is, by its name', () => {
  const roles = objectsOf(OF_K8SSANDRA).filter((o) => o.kind === 'Role');
  const above = roles.map((r) => [
    r.metadata.namespace,
    r.rules
      ?.filter((rule) => rule.resources[0]?.startsWith('k8ssandraclusters'))
      .map((rule) => [rule.resourceNames, rule.resources, rule.verbs]),
  ]);
  assert.deepEqual(above, [
    [
      'k8ssandra',
      [
        [['demo'], ['k8ssandraclusters'], ['get', 'patch']],
        [['demo'], ['k8ssandraclusters/status'], ['patch']],
      ],
    ],
    ['k8ssandra-b', []],
  ]);
  for (const { rules = [], metadata } of roles) {
    const kept = rules.filter((rule) => rule.resources.includes('configmaps'));
    assert.deepEqual(
      kept.map((rule) => [rule.resourceNames, rule.verbs]),
      [
        [['kassette-k8ssandra-demo'], ['create', 'patch', 'get']],
        // By which builds from before kept it.
        ...(metadata.namespace === 'k8ssandra' ? [[['kassette-k8ssandra'], ['get']]] : []),
      ],
    );
    const copies = rules.filter((rule) => rule.resourceNames?.[0] === 'kassette-superuser-demo');
    assert.equal(copies.length, metadata.namespace === 'k8ssandra' ? 1 : 0);
  }
  const [command] = objectsOf('rbac-namespace.yaml').filter((o) => o.kind === 'Role');
  // And to see that nothing is rebuilt, and to keep the object.
  assert.equal(roles.at(-1)?.rules?.length, Number(command?.rules?.length) + 2);
});

test('the lease is named, but where it is created: then Kubernetes does not know its name yet', () => {
  const leases = rulesOf(objectsOf('kassette.yaml')).filter((r) => r.resources.includes('leases'));
  assert.deepEqual(
    leases.map(({ resourceNames, verbs }) => [resourceNames, verbs]),
    [
      [['kassette'], ['get', 'update']],
      [undefined, ['create']],
    ],
  );
});

test('the file that is wide begins with a warning', () => {
  assert.match(text(WIDE), /^# WARNING: .*every namespace/);
  for (const file of files.filter((f) => f !== WIDE)) assert.doesNotMatch(text(file), /WARNING/, file);
});
