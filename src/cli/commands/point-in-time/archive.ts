import { DEFAULT_BOUND } from '../../../domain/archive/archiving.ts';
import { hint, kassette, kubectl } from '../../../domain/hint.ts';
import {
  ARCHIVING_ANNOTATION,
  archivingFiles,
  archivingSpec,
  configMapOf,
  withArchiving,
  withoutArchiving,
} from '../../../packaging/archiving.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { type PrintContext, printCommand, type Say } from '../../descriptor.ts';
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
    const { say } = context;
    if (options.action === 'disable') return yamlOf([archivingSpec(options)], disabling(options, say));
    const files = filesOf(options);
    const body = yamlOf([archivingSpec(options, files)], merging(options, say));
    return `${yamlOf([files], FILES)}---\n${body}`;
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

async function applied(options: Options, { switchArchiving, say, warn }: PrintContext): Promise<string> {
  const { action, namespace, datacenter, kubeconfig } = options;
  const { context } = contextsOf(options);
  const files = action === 'enable' ? filesOf(options) : null;
  const template =
    files === null ? withoutArchiving : (own: unknown) => withArchiving(own, files, datacenter);
  const changed = await switchArchiving(
    { kubeconfig, context, namespace },
    { datacenter, files, template },
    warn,
  );
  const what =
    files === null ? 'does not archive its commit log' : 'has what it needs to archive its commit log';
  const next = files === null ? ended(options, say) : begun(say);
  return changed
    ? `CassandraDatacenter ${datacenter} was changed: it ${what}. ${RESTART}\n${next}\n${overlooked(options, say)}`
    : `CassandraDatacenter ${datacenter} was left as it is: it ${what}.`;
}

type Place = Pick<Options, 'namespace' | 'datacenter'>;

const FILES = 'The files that Cassandra needs. Apply them first.';
const RESTART = 'cass-operator restarts its nodes one after the other.';

const begun = (say: Say) => say(hint`When all were restarted: ${kassette('before-backup', '--keep', '2')}.`);

/** It takes the generation that its object has when it ends for the one that it has looked at (`setDatacenterStatus`). */
const overlooked = ({ namespace, datacenter }: Place, say: Say) =>
  say(
    hint`Where none is restarted within some minutes, cass-operator was at work just then and has overlooked the change: ${kubectl('annotate', 'cassandradatacenter', datacenter, '--namespace', namespace, 'cassandra.datastax.com/autoupdate-spec=once')}.`,
  );

const merging = ({ namespace, datacenter }: Place, say: Say) =>
  `Not an object: add this to the CassandraDatacenter ${datacenter} in ${namespace}, beside the containers, mounts and volumes that it has.
${RESTART} ${begun(say)}
${overlooked({ namespace, datacenter }, say)}`;

const disabling = (place: Place, say: Say) =>
  `Not an object: remove this from the CassandraDatacenter ${place.datacenter} in ${place.namespace}, and the annotation ${ARCHIVING_ANNOTATION}. ${RESTART}
${ended(place, say)}`;

const ended = ({ namespace, datacenter }: Place, say: Say) =>
  say(
    hint`When all were restarted: ${kubectl('delete', 'configmap', configMapOf(datacenter), '--namespace', namespace)}; ${kassette('before-backup')}, which removes all but the last segment that was archived.`,
  );
