import { checkNode, checkWholeRing } from '../../domain/backup/backup-check.ts';
import { type Permission, parseManifest } from '../../domain/backup/manifest.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { isHeld } from '../../domain/moment/held-views.ts';
import { viewsToRebuild } from '../../domain/moment/rebuilt-views.ts';
import { keyOf, type Schema, type SchemaObject } from '../../domain/schema/schema.ts';
import { sameDefinition } from '../../domain/schema/schema-compare.ts';
import type { SchemaSettings } from '../../domain/schema/schema-settings.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { lastParsed, schemasOf } from '../schema/schemas.ts';
import type { SurveyedNode } from '../volumes/surveys.ts';

/** A cluster whose volumes were all restored cold. */
export interface ColdDatabase {
  readonly saved: Schema;
  /** Views that have to be built from their tables, as the nodes keep them. */
  readonly rebuilt: Schema;
  /** Those for which that has not begun: they still have the ids of the backup, were dropped for it, or created and not more. */
  readonly due: Schema;
  /** Those of the backup. */
  readonly permissions: readonly Permission[];
  readonly settings: SchemaSettings;
}

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
): Promise<ColdDatabase> {
  checkWholeRing(cluster, 'restore');
  let savedText = '';
  let permissions: readonly Permission[] = [];
  const names = new Set<string>();
  const savedSchema = lastParsed();
  await each(
    surveys,
    async ({ node }) => {
      const contents = await ports.volumes.read(node, tag);
      const manifest = parseManifest(node.name, contents);
      checkNode(cluster, node, manifest);
      for (const view of viewsToRebuild(manifest, savedSchema(contents.schema))) names.add(keyOf(view));
      savedText = contents.schema;
      permissions = manifest.permissions;
    },
    options,
  );
  const { saved: targetSchema, live: found, settings } = await schemasOf(session, savedText);
  const live = new Map(found.map((o) => [keyOf(o), o] as const));
  const isUnbuilt = (o: SchemaObject) => {
    const counterpart = live.get(keyOf(o));
    return names.has(keyOf(o)) && (counterpart === undefined || isHeld(counterpart));
  };
  const wrong =
    targetSchema.find((o) => {
      const counterpart = live.get(keyOf(o));
      return !isUnbuilt(o) && (counterpart === undefined || !sameDefinition(o, counterpart));
    }) ??
    (options.keepExtra
      ? undefined
      : [...live.values()].find((o) => !targetSchema.some((w) => keyOf(w) === keyOf(o))));
  if (wrong === undefined) {
    const rebuilt = targetSchema.filter((o) => names.has(keyOf(o)));
    const due = rebuilt.filter((o) => isUnbuilt(o) || live.get(keyOf(o))?.id === o.id);
    return { saved: targetSchema, rebuilt, due, permissions, settings };
  }
  throw new KassetteError(
    'VERIFY_FAILED',
    `Backup ${tag} was restored cold on all volumes, but ${keyOf(wrong)} is not as the backup has it.`,
    hint`Nothing was changed. If somebody altered it since the restore, run ${kassette('after-backup', '--tag', tag)} to give the backup up. Otherwise run ${kassette('after-restore', '--tag', tag, '--method', 'warm')} to restore it again.`,
  );
}
