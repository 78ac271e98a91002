import { Command, Option } from 'commander';
import { POLICY_DEFAULTS } from '../packaging/chart/values.ts';
import { yamlOf } from '../packaging/manifests.ts';
import { policy, RETENTION, restoreAction } from '../packaging/policy.ts';
import { DEFAULTS } from '../packaging/settings.ts';

/** `kassette policy`: prints a policy of Kasten, or a restore, with the hooks in their places; touches no cluster. */
export function policyCommand(): Command {
  const summary = 'Print a Kasten policy that backs up a namespace with kassette, or a restore, as YAML.';
  return new Command('policy')
    .summary(summary)
    .description(summary)
    .requiredOption('-n, --namespace <name>', 'namespace of the datacenters')
    .option('--kasten-namespace <name>', 'namespace of Kasten', DEFAULTS.kastenNamespace)
    .option('--name <name>', 'name of the policy (default: cassandra-NAMESPACE)')
    .option(
      '--profile <name>',
      'location profile to which Kasten exports the backups',
      POLICY_DEFAULTS.profile,
    )
    .addOption(
      new Option('--frequency <frequency>', 'how often the policy runs')
        .choices(['@hourly', '@daily', '@weekly', '@monthly', '@yearly', '@onDemand'])
        .default(POLICY_DEFAULTS.frequency),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'hooks in the policy, or a blueprint that is bound to every CassandraDatacenter; the same as for manifests',
      )
        .choices(['hooks', 'datacenter'])
        .default(DEFAULTS.mode),
    )
    .option('--restore-point <name>', 'print a restore of this restore point instead of a policy')
    .addHelpText(
      'after',
      `
Examples:
  $ kassette policy --namespace cass-operator --profile my-bucket | kubectl apply -f -
  $ kassette policy --namespace cass-operator --restore-point NAME | kubectl create -f -`,
    )
    .action(({ namespace, name = `cassandra-${namespace}`, restorePoint, ...given }) => {
      const text =
        restorePoint === undefined
          ? yamlOf([policy({ ...given, namespace, name, retention: RETENTION })], `A backup of ${namespace}.`)
          : yamlOf(
              [restoreAction({ namespace, restorePoint, mode: given.mode })],
              `A restore of ${namespace}, for \`kubectl create\`.`,
            );
      process.stdout.write(text);
    });
}
