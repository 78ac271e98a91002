import { checkNode, checkWholeRing } from '../../domain/backup/backup-check.ts';
import { parseManifest } from '../../domain/backup/manifest.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { keyOf } from '../../domain/schema/schema.ts';
import { sameDefinition } from '../../domain/schema/schema-compare.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { schemasOf } from '../schema/schemas.ts';
import type { SurveyedNode } from '../volumes/surveys.ts';

/**
 * That the nodes came up as those of the backup, all of its cluster and with its schema; until that is sure the backup and
 * what was moved aside stay. @throws PARTIAL_CLUSTER, WRONG_CLUSTER, VERIFY_FAILED
 */
export async function checkIsBackup(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  tag: string,
  options: Pick<CommonOptions, 'concurrency'> & { readonly keepExtra: boolean },
): Promise<void> {
  checkWholeRing(cluster, 'restore');
  let saved = '';
  await each(
    surveys,
    async ({ node }) => {
      const contents = await ports.volumes.read(node, tag);
      checkNode(cluster, node, parseManifest(node.name, contents));
      saved = contents.schema;
    },
    options,
  );
  const { saved: targetSchema, live: found } = await schemasOf(session, saved);
  const live = new Map(found.map((o) => [keyOf(o), o] as const));
  const wrong =
    targetSchema.find((o) => {
      const counterpart = live.get(keyOf(o));
      return counterpart === undefined || !sameDefinition(o, counterpart);
    }) ??
    (options.keepExtra
      ? undefined
      : [...live.values()].find((o) => !targetSchema.some((w) => keyOf(w) === keyOf(o))));
  if (wrong === undefined) return;
  throw new KassetteError(
    'VERIFY_FAILED',
    `Backup ${tag} was restored cold on all volumes, but ${keyOf(wrong)} is not as the backup has it.`,
    hint`Nothing was changed. If somebody altered it since the restore, run ${kassette('after-backup', '--tag', tag)} to give the backup up. Otherwise run ${kassette('after-restore', '--tag', tag, '--method', 'warm')} to restore it again.`,
  );
}
