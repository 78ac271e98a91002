import { DEFAULT_BOUND } from '../../../domain/archive/archiving.ts';
import { archivingFiles, archivingSpec, configMapOf } from '../../../packaging/archiving.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { printCommand } from '../../descriptor.ts';
import { ARCHIVING } from '../../flags/archiving.ts';

/** What switches the archive of the commit log on and off: it takes effect when the nodes are restarted. */
export const archiveCommand = printCommand({
  name: 'archive',
  summary:
    'Print what a CassandraDatacenter needs to archive its commit log, or what to remove to end it, as YAML.',
  section: 'Set up:',
  flags: ARCHIVING,
  examples: [
    'kassette archive enable --namespace cass-operator --datacenter cass-prd',
    'kassette archive enable --namespace cass-operator --datacenter cass-prd --copy --most-bytes 20GiB',
    'kassette archive disable --namespace cass-operator --datacenter cass-prd',
  ],
  print({ action, namespace, datacenter, copy, mostPercent, freePercent, mostBytes }) {
    const spec = archivingSpec({ datacenter });
    if (action === 'disable') return yamlOf([spec], disabling(namespace, datacenter));
    const bound = {
      mostPercent: mostPercent ?? DEFAULT_BOUND.mostPercent,
      freePercent: freePercent ?? DEFAULT_BOUND.freePercent,
      mostBytes: mostBytes ?? null,
    };
    const files = archivingFiles({ namespace, datacenter, method: copy ? 'copy' : 'link', bound });
    const [head, body] = [FILES, `\n${yamlOf([spec], merging(namespace, datacenter))}`];
    return `${yamlOf([files], head)}---${body}`;
  },
});

const FILES = 'The files that Cassandra needs. Apply them first.';

const merging = (namespace: string, datacenter: string) =>
  `Not an object: add this to the CassandraDatacenter ${datacenter} in ${namespace}, beside the containers, mounts and volumes that it has.
cass-operator then restarts its nodes one after the other. When all were restarted: kassette before-backup --keep 2.`;

const disabling = (namespace: string, datacenter: string) =>
  `Not an object: remove this from the CassandraDatacenter ${datacenter} in ${namespace}. cass-operator then restarts its nodes.
When all were restarted: kubectl delete configmap ${configMapOf(datacenter)} --namespace ${namespace}; kassette before-backup, which removes all but the last segment that was archived.`;
