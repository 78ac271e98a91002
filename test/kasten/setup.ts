import * as read from '../../src/adapters/kubernetes/kasten/kasten-resources.ts';
import { diagnose } from '../../src/domain/doctor/diagnose.ts';
import type { DoctorFacts, KastenFacts, PlaceFacts, Surroundings } from '../../src/domain/doctor/facts.ts';
import type { ClusterFacts } from '../../src/domain/doctor/nodes/facts.ts';
import { placesOf } from '../../src/domain/doctor/places.ts';
import { parseSchema } from '../../src/domain/schema/schema.ts';
import { installation } from '../../src/packaging/installation.ts';
import { policy, RETENTION, restoreAction } from '../../src/packaging/policy.ts';
import { DEFAULTS, type Mode } from '../../src/packaging/settings.ts';

// biome-ignore lint/suspicious/noExplicitAny: objects as a cluster has them, with one thing changed.
export type Any = any;

export const NAMESPACE = 'cass-operator';
const NOW = new Date('2026-03-02T12:00:00Z');

/** What a cluster has after `kassette manifests` and `kassette policy`, a good backup and a good restore. */
export function goodObjects(mode: Mode = 'hooks'): Any {
  const own = { namespace: NAMESPACE, kastenNamespace: 'kasten-io', name: 'cassandra', profile: 'location' };
  const made: Any[] = JSON.parse(JSON.stringify(installation({ ...DEFAULTS, mode })));
  const at = (o: Any, creationTimestamp: string) => ({
    ...o,
    metadata: { ...o.metadata, creationTimestamp },
  });
  const restored = {
    ...restoreAction({ namespace: NAMESPACE, restorePoint: 'p', mode }),
    status: { state: 'Complete' },
  };
  return JSON.parse(
    JSON.stringify({
      policies: [policy({ ...own, frequency: '@daily', retention: RETENTION, mode })],
      bindings: made.filter((o) => o.kind === 'BlueprintBinding').map((b) => at(b, '2026-01-01T00:00:00Z')),
      blueprints: made.filter((o) => o.kind === 'Blueprint'),
      datacenters: [{ name: 'cass-prd', labels: {}, annotations: {} }],
      restorePoints: [{ metadata: { name: 'p', creationTimestamp: '2026-03-02T02:00:00Z' } }],
      restores: [at({ ...restored, metadata: { name: 'restore-1' } }, '2026-02-01T00:00:00Z')],
    }),
  );
}

const goodCluster: ClusterFacts = {
  cluster: 'dse',
  refusals: [],
  unasked: [],
  accepted: { called: 'secret cass-operator/dse-superuser', changedAt: '2026-01-01T00:00:00.000Z' },
  sizes: [{ node: 'dse-0', liveBytes: 3_000_000_000, freeBytes: 7_000_000_000 }],
  directories: [{ node: 'dse-0', system: null, outside: [] }],
  kept: {
    schema: parseSchema('CREATE TABLE ks.t (id text PRIMARY KEY, value text);\n'),
    triggers: [],
    settings: { release: '5.0.6', off: new Set(), memtables: null },
  },
};

export interface Change {
  readonly mode?: Mode;
  readonly objects?: (objects: Any) => void;
  readonly facts?: Partial<DoctorFacts>;
  readonly place?: Partial<PlaceFacts>;
  readonly surroundings?: Partial<Surroundings>;
  readonly cassandra?: Partial<ClusterFacts>;
}

/** What doctor finds where the good set-up is changed. */
export function findings({
  mode = 'hooks',
  objects = () => {},
  facts = {},
  place = {},
  surroundings = {},
  cassandra = {},
}: Change) {
  const changed = goodObjects(mode);
  objects(changed);
  const kasten: KastenFacts = {
    policies: { value: changed.policies.map((o: Any) => read.policy.parse(o)) },
    bindings: { value: changed.bindings.map((o: Any) => read.binding.parse(o)) },
    blueprints: { value: changed.blueprints.map((o: Any) => read.blueprint.parse(o)) },
    datacenters: { value: changed.datacenters },
    restorePoints: { value: changed.restorePoints.map((o: Any) => read.restorePoint.parse(o)) },
    restores: { value: changed.restores.map((o: Any) => read.restore.parse(o)) },
  };
  const whole: DoctorFacts = {
    namespace: NAMESPACE,
    kastenNamespace: 'kasten-io',
    now: NOW,
    maxAgeSeconds: null,
    kasten,
    places: [],
    surroundings: {
      jobs: { value: [{ refused: null, beside: [] }] },
      proxies: { value: [] },
      policies: { value: [] },
      ...surroundings,
    },
    volumes: { value: { backups: [], restoredAt: null } },
    cassandra: { value: [{ ...goodCluster, ...cassandra }] },
    archives: { value: [] },
    ...facts,
  };
  const there: Omit<PlaceFacts, 'place'> = {
    account: { value: true },
    missing: { value: [] },
    image: { value: { failures: [], pulled: true } },
    admission: { value: { refused: null, beside: [] } },
    policies: { value: [] },
  };
  const places = placesOf(whole).map((p) => ({ place: p, ...there, ...place }));
  const checks = diagnose({ ...whole, places });
  return {
    places,
    checks,
    facts: whole,
    all: checks.flatMap((c) => c.findings.map((f) => ({ ...f, check: c.check }))),
  };
}
