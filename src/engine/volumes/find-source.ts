import { chooseBackup } from '../../domain/backup/backup-choice.ts';
import { checkWhole, type FoundHead } from '../../domain/backup/backup-fit.ts';
import { type Manifest, parseManifest, type Trigger } from '../../domain/backup/manifest.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { CloneSource } from '../../domain/transfer/source.ts';
import type { Ports } from '../../ports/ports.ts';
import type { BackupContents } from '../../ports/volumes.ts';
import { each } from '../each.ts';
import type { SourceOptions } from '../options.ts';
import { backupParts, type SurveyedNode, surveyAll } from './surveys.ts';

/** A backup and where its parts are, by their manifests. */
export interface FoundSource {
  readonly tag: string;
  /** Whether the files are clones or copies, which have to be copied into the live volumes. */
  readonly fromClones: boolean;
  /** The saved schema as text. */
  readonly schema: string;
  readonly permissions: Manifest['permissions'];
  readonly triggers: readonly Trigger[];
  readonly parts: readonly SourcePart[];
}

/** One backed-up node's part. */
export interface SourcePart extends FoundHead {
  /** The live node whose volume it is in, or a copy of a volume. */
  readonly node: Node;
}

/** Find the parts of a backup and check that they are one, each volume's manifest against its marker. */
export async function findSource(
  ports: Ports,
  live: readonly SurveyedNode[],
  options: SourceOptions,
): Promise<FoundSource> {
  const { from } = options;
  const volumes = from.kind === 'backup' ? live : await surveyClones(ports, live, from, options);
  const tag = chooseTag(volumes, options);
  const holders = volumes.filter((v) => v.survey.backups.some((b) => b.tag === tag && b.complete));
  return ports.progress.step(`Reading backup ${tag}`, async (report) => {
    let schema = '';
    let permissions: Manifest['permissions'] = [];
    let triggers: readonly Trigger[] = [];
    let done = 0;
    const parts = await each(
      holders,
      async ({ node }) => {
        options.signal.throwIfAborted();
        const contents = await ports.volumes.read(node, tag);
        const {
          tables: _,
          permissions: own,
          triggers: made = [],
          ...head
        } = parseManifest(node.name, contents);
        schema = contents.schema;
        permissions = own;
        triggers = made;
        report.count(++done, holders.length);
        return { node, where: node.name, head };
      },
      options,
    );
    checkWhole(parts);
    return { tag, fromClones: from.kind !== 'backup', schema, permissions, triggers, parts };
  });
}

/** One part again, with its tables: those of all nodes at a time would fill the memory. */
export async function readPart(
  ports: Ports,
  { node }: SourcePart,
  tag: string,
): Promise<{ contents: BackupContents; manifest: Manifest }> {
  const contents = await ports.volumes.read(node, tag);
  return { contents, manifest: parseManifest(node.name, contents) };
}

async function surveyClones(
  ports: Ports,
  live: readonly SurveyedNode[],
  from: CloneSource,
  { concurrency, signal }: SourceOptions,
): Promise<readonly SurveyedNode[]> {
  const nodes = live.map((l) => l.node);
  const find = () => ports.clones.find(from, nodes, signal);
  const copies = await (from.kind === 'clones' ? ports.progress.step('Mounting the clones', find) : find());
  return ports.progress.step('Looking into the copies', () => surveyAll(ports, copies, concurrency));
}

/** Of a cluster that has grown since, not every node has a part; the manifests show whether those that do are enough. */
function chooseTag(volumes: readonly SurveyedNode[], { from, tag: named }: SourceOptions): string {
  const asked = from.kind === 'backup' ? from.tag : named;
  const parts = backupParts(volumes);
  const all = volumes.map((v) => v.node.name);
  if (asked === undefined) return chooseBackup(all, parts);
  const holders = parts.filter((p) => p.tag === asked && p.complete).map((p) => p.node);
  if (holders.length === 0) chooseBackup(all, parts, asked);
  if (asked !== undefined && from.kind === 'backup' && named !== undefined && named !== asked) {
    throw new KassetteError(
      'USAGE',
      `--tag ${named} is not the backup of --from backup:${asked}.`,
      'Leave out `--tag`.',
    );
  }
  return asked;
}
