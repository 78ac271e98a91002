import { yamlOf } from '../../../packaging/manifests.ts';
import { policy, RETENTION, restoreAction } from '../../../packaging/policy.ts';
import { printCommand } from '../../descriptor.ts';
import { POLICY } from '../../flags/setup.ts';

/** A policy of Kasten, or a restore, with the hooks in their places. */
export const policyCommand = printCommand({
  name: 'policy',
  summary: 'Print a Kasten policy that backs up a namespace with kassette, or a restore, as YAML.',
  section: 'Set up:',
  flags: POLICY,
  examples: [
    'kassette policy --namespace cass-operator --profile my-bucket | kubectl apply -f -',
    'kassette policy --namespace cass-operator --restore-point NAME | kubectl create -f -',
  ],
  print({ namespace, name = `cassandra-${namespace}`, restorePoint, mode, ...given }) {
    if (restorePoint === undefined) {
      const made = policy({ ...given, namespace, name, mode, retention: RETENTION });
      return yamlOf([made], `A backup of ${namespace}.`);
    }
    const restore = restoreAction({ namespace, restorePoint, mode });
    return yamlOf([restore], `A restore of ${namespace}, for \`kubectl create\`.`);
  },
});
