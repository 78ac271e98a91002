import { Command, InvalidArgumentError, Option } from 'commander';
import { installation } from '../packaging/installation.ts';
import { yamlOf } from '../packaging/manifests.ts';
import { DEFAULTS, MARGIN_MINUTES } from '../packaging/settings.ts';

/** `kassette manifests`: prints what the Helm chart installs; touches no cluster. */
export function manifestsCommand(): Command {
  const summary = 'Print everything that Kasten needs to run kassette, as YAML.';
  const { namespace, kastenNamespace, image, hookMinutes, abandonAfterHours, mode, builtinVersions } =
    DEFAULTS;
  return new Command('manifests')
    .summary(summary)
    .description(summary)
    .option('-n, --namespace <name>', "namespace of kassette, in which the hooks' pods run", namespace)
    .option('--kasten-namespace <name>', 'namespace of Kasten', kastenNamespace)
    .option('--image <image>', 'image of kassette, in a registry from which the nodes can pull', image)
    .option(
      '--image-pull-secret <name...>',
      "secrets for that registry, in kassette's namespace, and for cold restores in those of the datacenters",
    )
    .option('--datacenter-namespace <name...>', 'namespaces of the datacenters (default: every namespace)')
    .option('--secret <name...>', 'allow reading only these secrets (default: all of those namespaces)')
    .addOption(
      new Option(
        '--mode <mode>',
        'hooks in policies, or a blueprint that is bound to every CassandraDatacenter',
      )
        .choices(['hooks', 'datacenter'])
        .default(mode),
    )
    .option('--builtin-version <version...>', "versions of Kasten's built-in blueprint to override", [
      ...builtinVersions,
    ])
    .addOption(
      new Option('--hook-minutes <minutes>', 'time limit of Kasten for a hook')
        .argParser(parseMinutes)
        .default(hookMinutes),
    )
    .addOption(
      new Option(
        '--abandon-after-hours <hours>',
        'time for which no other run may remove a backup; longer than Kasten takes to copy the volumes',
      )
        .argParser(parseHours)
        .default(abandonAfterHours),
    )
    .option('--no-doctor', 'leave out the rights that doctor needs')
    .addHelpText(
      'after',
      '\nExamples:\n  $ kassette manifests --image registry.example/kassette:0.1.0 | kubectl apply -f -',
    )
    .action((given) => {
      const objects = installation({
        ...DEFAULTS,
        ...given,
        datacenterNamespaces: given.datacenterNamespace ?? [],
        secrets: given.secret ?? [],
        imagePullSecrets: given.imagePullSecret ?? [],
        builtinVersions: given.builtinVersion,
      });
      const where = given.datacenterNamespace?.join(', ') ?? 'every namespace';
      process.stdout.write(
        yamlOf(
          objects,
          `kassette for Kasten in ${given.kastenNamespace}, for the datacenters in ${where}.
Its own namespace has to be there: kubectl create namespace ${given.namespace}`,
        ),
      );
    });
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (Number.isInteger(minutes) && minutes > MARGIN_MINUTES) return minutes;
  throw new InvalidArgumentError(`\`${text}\` is not a number of minutes above ${MARGIN_MINUTES}.`);
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (Number.isInteger(hours) && hours > 0) return hours;
  throw new InvalidArgumentError(`\`${text}\` is not a number of hours.`);
}
