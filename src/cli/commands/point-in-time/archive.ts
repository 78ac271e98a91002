import { DEFAULT_BOUND } from '../../../domain/archive/archiving.ts';
import { commandText, kassette, kubectl } from '../../../domain/hint.ts';
import {
  archivingFiles,
  archivingSpec,
  configMapOf,
  withArchiving,
  withoutArchiving,
} from '../../../packaging/archiving.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { type PrintContext, printCommand } from '../../descriptor.ts';
import { ARCHIVING } from '../../flags/archiving.ts';
import { contextsOf } from '../../flags/contexts.ts';
import type { Values } from '../../flags/flag.ts';

type Options = Values<typeof ARCHIVING>;

/** What switches the archive of the commit log on and off: it takes effect when the nodes are restarted. */
export const archiveCommand = printCommand({
  name: 'archive',
  summary:
    'Print what a CassandraDatacenter needs to archive its commit log, or what to remove to end it, as YAML; or change it.',
  section: 'Set up:',
  flags: ARCHIVING,
  examples: [
    'kassette archive enable --namespace cass-operator --datacenter cass-prd',
    'kassette archive enable --namespace cass-operator --datacenter cass-prd --apply',
    'kassette archive enable --namespace cass-operator --datacenter cass-prd --copy --most-bytes 20GiB',
    'kassette archive disable --namespace cass-operator --datacenter cass-prd --apply',
  ],
  print(options, context) {
    if (options.apply) return applied(options, context);
    const { action, namespace, datacenter } = options;
    const spec = archivingSpec({ datacenter });
    if (action === 'disable') return yamlOf([spec], disabling(namespace, datacenter));
    const [head, body] = [FILES, `\n${yamlOf([spec], merging(namespace, datacenter))}`];
    return `${yamlOf([filesOf(options)], head)}---${body}`;
  },
});

function filesOf({ namespace, datacenter, copy, mostPercent, freePercent, mostBytes }: Options) {
  const bound = {
    mostPercent: mostPercent ?? DEFAULT_BOUND.mostPercent,
    freePercent: freePercent ?? DEFAULT_BOUND.freePercent,
    mostBytes: mostBytes ?? null,
  };
  return archivingFiles({ namespace, datacenter, method: copy ? 'copy' : 'link', bound });
}

async function applied(options: Options, { switchArchiving }: PrintContext): Promise<string> {
  const { action, namespace, datacenter, kubeconfig } = options;
  const { context } = contextsOf(options);
  const enable = action === 'enable';
  const changed = await switchArchiving(
    { kubeconfig, context, namespace },
    {
      datacenter,
      files: enable ? filesOf(options) : null,
      template: enable ? (own) => withArchiving(own, datacenter) : withoutArchiving,
    },
  );
  const what = enable ? 'has what it needs to archive its commit log' : 'does not archive its commit log';
  const next = enable ? ENABLED : disabled(namespace, datacenter);
  return changed
    ? `CassandraDatacenter ${datacenter} was changed: it ${what}. cass-operator restarts its nodes one after the other.\n${next}`
    : `CassandraDatacenter ${datacenter} was left as it is: it ${what}.`;
}

const FILES = 'The files that Cassandra needs. Apply them first.';
const ENABLED = `When all were restarted: ${commandText(kassette('before-backup', '--keep', '2'))}.`;

const merging = (namespace: string, datacenter: string) =>
  `Not an object: add this to the CassandraDatacenter ${datacenter} in ${namespace}, beside the containers, mounts and volumes that it has.
cass-operator then restarts its nodes one after the other. ${ENABLED}`;

const disabling = (namespace: string, datacenter: string) =>
  `Not an object: remove this from the CassandraDatacenter ${datacenter} in ${namespace}. cass-operator then restarts its nodes.
${disabled(namespace, datacenter)}`;

const disabled = (namespace: string, datacenter: string) =>
  `When all were restarted: ${commandText(kubectl('delete', 'configmap', configMapOf(datacenter), '--namespace', namespace))}; kassette before-backup, which removes all but the last segment that was archived.`;
