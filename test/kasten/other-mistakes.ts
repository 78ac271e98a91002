import { WRITE } from '../../src/domain/rights.ts';
import type { Mistakes } from './policy-mistakes.ts';
import type { Any } from './setup.ts';

const older = (o: Any, change: object): void => {
  const [binding] = o.bindings;
  const metadata = { ...binding.metadata, name: 'other', creationTimestamp: '2025-01-01T00:00:00Z' };
  o.bindings.push({ ...binding, metadata, ...change });
};

export const otherMistakes: Mistakes = {
  'no binding': {
    objects: (o) => {
      o.bindings = [];
    },
    check: 'binding',
    says: /built-in blueprint .*, which calls for Medusa/,
  },
  'a binding that is switched off': {
    objects: (o) => {
      o.bindings[0].spec.disabled = true;
    },
    check: 'binding',
    says: /No binding matches datacenter cass-prd/,
  },
  'a binding of another name of the kind': {
    objects: (o) => {
      o.bindings[0].spec.resources.matchAll[0].type.values[0].resource = 'cassandradatacenter';
    },
    check: 'binding',
    says: /No binding matches/,
  },
  'an older binding': {
    objects: (o) => {
      older(o, {
        spec: { ...o.bindings[0].spec, blueprintRef: { name: 'medusa-bp', namespace: 'kasten-io' } },
      });
      const phase = { func: 'KubeExec', name: 'a', args: {} };
      o.blueprints.push({ metadata: { name: 'medusa-bp' }, actions: { backup: { phases: [phase] } } });
    },
    check: 'binding',
    says: /Binding other is older than cassandradatacenter-bp-binding/,
  },
  'a binding whose blueprint is not there': {
    objects: (o) => {
      o.bindings[0].spec.blueprintRef.name = 'gone';
    },
    check: 'binding',
    says: /Blueprint gone of datacenter cass-prd does not exist/,
  },
  'the built-in blueprint under the name that is bound': {
    objects: (o) => {
      const own = o.blueprints.find((b: Any) => b.metadata.name === 'k10-k8ssandra-bp-0.0.5');
      own.actions.backup.phases[0] = { func: 'KubeOps', name: 'medusa', args: {} };
    },
    check: 'binding',
    says: /in a way of its own/,
  },
  'no service account': {
    place: { account: { value: false } },
    check: 'rights',
    says: /kassette\/kassette does not exist/,
  },
  'a right that is missing': {
    place: { missing: { value: [WRITE.leaseMake] } },
    check: 'rights',
    says: /may not `create leases.coordination.k8s.io` in cass-operator/,
  },
  'hooks with Kasten’s rights': {
    objects: (o) => {
      for (const b of o.blueprints)
        for (const a of Object.values(b.actions) as Any[]) delete a.phases[0].args.podOverride;
    },
    check: 'rights',
    says: /without a service account of their own/,
  },
  'an image that cannot be pulled': {
    place: {
      image: { value: { failures: ['Failed to pull image "kassette:0.1.0": not found'], pulled: true } },
    },
    check: 'image',
    says: /kassette:0.1.0 cannot be pulled in kassette: Failed/,
  },
  'a backup that is too old': {
    objects: (o) => {
      o.restorePoints[0].metadata.creationTimestamp = '2026-02-20T02:00:00Z';
    },
    check: 'last backup',
    says: /is of 2026-02-20T02:00:00Z, 10 d ago; 26 h is too old/,
  },
  'a backup older than asked for': {
    facts: { maxAgeSeconds: 3600 },
    check: 'last backup',
    says: /10 h ago; 1 h is too old/,
  },
  'no backup at all': {
    objects: (o) => {
      o.restorePoints = [];
    },
    check: 'last backup',
    says: /no restore point/,
  },
  'a restore without hooks': {
    objects: (o) => {
      delete o.restores[0].spec.hooks;
    },
    check: 'last restore',
    says: /restore-1 .* ran without after-restore/,
  },
  'a backup without its marker': {
    facts: {
      volumes: {
        value: {
          backups: [{ tag: 'kassette-a', complete: false, ageSeconds: 5, missingOn: ['n-1'] }],
          restoredAt: null,
        },
      },
    },
    check: 'volumes',
    says: /kassette-a has no complete marker on n-1/,
  },
  'a backup that was not removed': {
    facts: {
      volumes: {
        value: {
          backups: [{ tag: 'kassette-a', complete: true, ageSeconds: 90_000, missingOn: [] }],
          restoredAt: null,
        },
      },
    },
    check: 'volumes',
    says: /kassette-a is 25 h old and still in the volumes/,
  },
  'volumes that cannot be reached': {
    facts: { volumes: { unknown: 'The volumes cannot be looked into: no way.' } },
    check: 'volumes',
    says: /cannot be looked into/,
  },
};
