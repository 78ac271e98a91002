import { Command, InvalidArgumentError, Option } from 'commander';
import { yamlOf } from '../packaging/manifests.ts';
import { rbac, type ServiceAccountName } from '../packaging/rbac.ts';

/** `kassette rbac`: prints the objects; touches no cluster. */
export function rbacCommand(): Command {
  const summary = 'Print the service account and the rights that kassette needs, as YAML.';
  return new Command('rbac')
    .summary(summary)
    .description(summary)
    .requiredOption('-n, --namespace <name>', 'namespace of the datacenters')
    .addOption(
      new Option(
        '--service-account <namespace/name>',
        'grant the rights to this existing service account (default: create kassette in the namespace)',
      ).argParser(parseAccount),
    )
    .option('--cluster-wide', 'grant the rights in every namespace')
    .option('--secret <name...>', 'allow reading only these secrets (default: all of the namespace)')
    .option('--outside', 'also grant the right to forward ports, for runs from outside the cluster')
    .addHelpText(
      'after',
      `
Examples:
  $ kassette rbac --namespace cass-operator --secret dse-superuser | kubectl apply -f -
  $ kassette rbac --namespace cass-operator --service-account kassette/kassette | kubectl apply -f -`,
    )
    .action(({ namespace, serviceAccount, clusterWide = false, secret = [], outside = false }) => {
      const scope = clusterWide ? 'cluster' : 'namespace';
      const objects = rbac({ namespace, account: serviceAccount, scope, secrets: secret, outside });
      process.stdout.write(
        yamlOf(objects, `What kassette may do in ${clusterWide ? 'the cluster' : namespace}.`),
      );
    });
}

function parseAccount(text: string): ServiceAccountName {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? [];
  if (namespace === undefined || name === undefined) {
    throw new InvalidArgumentError(`\`${text}\` does not have the form NAMESPACE/NAME.`);
  }
  return { namespace, name };
}
