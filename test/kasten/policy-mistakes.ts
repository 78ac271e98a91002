import { type Any, type Change, goodObjects } from './setup.ts';

/** A change, the check that finds it, and the words that say it. */
export type Mistakes = Readonly<Record<string, Change & { readonly check: string; readonly says: RegExp }>>;

const backup = (o: Any) => o.policies[0].spec.actions[0].backupParameters;
const exporting = (o: Any) => o.policies[0].spec.actions[1].exportParameters;

export const policyMistakes: Mistakes = {
  'no policy': {
    objects: (o) => {
      o.policies = [];
    },
    check: 'policy',
    says: /No policy .* namespace cass-operator/,
  },
  'a policy of another namespace': {
    objects: (o) => {
      o.policies[0].spec.selector.matchExpressions[0].values = ['other'];
    },
    check: 'policy',
    says: /No policy/,
  },
  'a policy that is paused': {
    objects: (o) => {
      o.policies[0].spec.paused = true;
    },
    check: 'policy',
    says: /is paused/,
  },
  'no export': {
    objects: (o) => {
      o.policies[0].spec.actions.pop();
    },
    check: 'policy',
    says: /exports nothing/,
  },
  'no hooks': {
    objects: (o) => {
      delete backup(o).hooks;
    },
    check: 'hooks',
    says: /preHook is missing; it has to run before-backup/,
  },
  'no hook after success': {
    objects: (o) => {
      delete backup(o).hooks.onSuccess;
    },
    check: 'hooks',
    says: /onSuccess is missing/,
  },
  'no hook after failure': {
    objects: (o) => {
      delete backup(o).hooks.onFailure;
    },
    check: 'hooks',
    says: /onFailure is missing/,
  },
  'hooks exchanged': {
    objects: (o) => {
      backup(o).hooks.preHook.actionName = 'afterBackup';
    },
    check: 'hooks',
    says: /preHook runs after-backup; it has to run before-backup/,
  },
  'a hook that is not there': {
    objects: (o) => {
      backup(o).hooks.preHook.actionName = 'prepare';
    },
    check: 'hooks',
    says: /action prepare of blueprint cassandra-bp, which does not exist/,
  },
  'no hooks blueprint': {
    objects: (o) => {
      o.blueprints = o.blueprints.filter((b: Any) => b.metadata.name !== 'cassandra-bp');
    },
    check: 'hooks',
    says: /preHook names blueprint cassandra-bp, which does not exist/,
  },
  'hooks at the export': {
    objects: (o) => {
      exporting(o).hooks = { preHook: backup(o).hooks.preHook };
    },
    check: 'hooks',
    says: /before-backup is preHook of the export/,
  },
  'a failure hook that takes any backup for its own': {
    objects: (o) => {
      backup(o).hooks.onFailure.actionName = 'afterBackup';
    },
    check: 'hooks',
    says: /onFailure runs after-backup without --failed/,
  },
  'a success hook that looks at nothing': {
    objects: (o) => {
      backup(o).hooks.onSuccess.actionName = 'backupFailed';
    },
    check: 'hooks',
    says: /onSuccess runs after-backup --failed/,
  },
  'two policies with hooks': {
    objects: (o) => {
      o.policies.push(structuredClone(o.policies[0]));
      o.policies[1].metadata.name = 'weekly';
    },
    check: 'hooks',
    says: /^Policies cassandra, weekly all run kassette's hooks in namespace cass-operator: .*BACKUP_OPEN/,
  },
  'two policies for a bound blueprint': {
    mode: 'datacenter',
    objects: (o) => {
      o.policies.push(structuredClone(o.policies[0]));
      o.policies[1].metadata.name = 'weekly';
    },
    check: 'hooks',
    says: /^Policies cassandra, weekly all run kassette's hooks/,
  },
  'hooks beside a bound blueprint': {
    mode: 'datacenter',
    objects: (o) => {
      const hooks = goodObjects();
      o.blueprints.push(...hooks.blueprints);
      backup(o).hooks = backup(hooks).hooks;
    },
    check: 'hooks',
    says: /has hooks that run kassette, and so has the blueprint/,
  },
  'StatefulSets in the backup': {
    objects: (o) => {
      delete backup(o).filters;
    },
    check: 'filters',
    says: /does not exclude StatefulSets/,
  },
  'StatefulSets out of the backup of a bound blueprint': {
    mode: 'datacenter',
    objects: (o) => {
      backup(o).filters = backup(goodObjects()).filters;
    },
    check: 'filters',
    says: /never runs the bound blueprint's hooks/,
  },
  'no volumes': {
    objects: (o) => {
      backup(o).filters.excludeResources.push({ resource: 'persistentvolumeclaims' });
    },
    check: 'filters',
    says: /leaves out the volumes/,
  },
  'some volumes only': {
    objects: (o) => {
      const labels = { app: 'cassandra' };
      backup(o).filters.excludeResources.push({ resource: 'persistentvolumeclaims', matchLabels: labels });
    },
    check: 'filters',
    says: /leaves out some of the volumes/,
  },
  'datacenters alone': {
    objects: (o) => {
      backup(o).filters.includeResources = [{ resource: 'cassandradatacenters' }];
    },
    check: 'filters',
    says: /leaves out the volumes/,
  },
};
