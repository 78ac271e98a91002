import { Command } from 'commander';
import { yamlOf } from '../packaging/manifests.ts';
import { rbac } from '../packaging/rbac.ts';

/** `kassette rbac`: prints the objects; touches no cluster. */
export function rbacCommand(): Command {
  const summary = 'Print the service account and the rights that kassette needs, as YAML.';
  return new Command('rbac')
    .summary(summary)
    .description(summary)
    .requiredOption('-n, --namespace <name>', "the datacenters' namespace")
    .option('--cluster-wide', 'rights in every namespace', false)
    .option('--secret <name...>', 'only these secrets may be read (default: any of the namespace)')
    .option('--outside', 'the right to tunnels, too, for runs from outside the cluster', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ kassette rbac --namespace cass-operator --secret dse-superuser | kubectl apply -f -',
    )
    .action(({ namespace, clusterWide, secret = [], outside }) => {
      const scope = clusterWide ? 'cluster' : 'namespace';
      const objects = rbac({ namespace, scope, secrets: secret, outside });
      process.stdout.write(
        yamlOf(objects, `What kassette may do in ${clusterWide ? 'the cluster' : namespace}.`),
      );
    });
}
