import { checkReleases } from '../backup/backup-check.ts';
import { isOlder } from '../cluster/release.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import type { ColdResult } from '../restore/cold-result.ts';
import { firstFew } from '../sentence.ts';

/** What a datacenter is asked to be at one moment, as far as a cold restore depends on it. */
export interface Asked {
  readonly datacenter: string;
  /** Whether it is asked to be stopped, whatever its nodes do. */
  readonly stopped: boolean;
  /** Another one after every change of what is asked for, and of another object with this name; null where there is no such thing. */
  readonly revision: string | null;
  /** The revision at which a cold restore began to change volumes; null where none is noted. */
  readonly noted: string | null;
  /** How many nodes each rack has when it is started; null where that is not known. */
  readonly racks: readonly { readonly rack: string; readonly nodes: number }[] | null;
  /** The release of Cassandra that it runs: `4.1.9`; null where that is not known. */
  readonly release: string | null;
  /** Who has started or stopped it last; null where that is not known. */
  readonly by: string | null;
}

/** Where a volume belongs; null where that is not known. */
export interface PlacedVolume {
  readonly name: string;
  readonly datacenter: string;
  /** `ordinal`: of its pod within the rack. */
  readonly place: { readonly rack: string; readonly ordinal: number } | null;
  /** Of this claim, no other of its name; null where there is no such thing. */
  readonly uid: string | null;
}

/** Whether a cold restore that has begun to change volumes was disturbed: they may have run together with others. */
export function isDisturbed({ noted, revision }: Asked): boolean {
  return noted !== null && noted !== revision;
}

/**
 * That the datacenter, when it is started, has exactly the nodes whose volumes are restored: one without such a volume would join the
 * restored ring, and a volume without its node would be missing from it.
 * @param state what is true by now, as whole sentences
 * @throws DATACENTER_CHANGED
 */
export function checkCarries(asked: Asked, all: readonly PlacedVolume[], state: string): void {
  const misfit = misfitOf(asked, all);
  if (misfit === null) return;
  throw new KassetteError(
    'DATACENTER_CHANGED',
    `Datacenter ${asked.datacenter} is asked to have ${misfit.nodes} nodes, and ${misfit.volumes} volumes are to be restored.${misfit.which}`,
    hint`${state} Set \`spec.size\` and \`spec.racks\` to what the backup was made of, then run ${kassette('recover')}. Scale the datacenter when the restore has ended.`,
  );
}

/**
 * The same of a datacenter that was started on restored volumes: nothing is gained by waiting until it has another number of nodes.
 * @throws DATACENTER_CHANGED
 */
export function checkStillCarries(asked: Asked, restored: readonly PlacedVolume[]): void {
  const misfit = misfitOf(asked, restored);
  if (misfit === null) return;
  throw new KassetteError(
    'DATACENTER_CHANGED',
    `Datacenter ${asked.datacenter} was scaled after it was started on restored volumes: it is asked to have ${misfit.nodes} nodes, and ${misfit.volumes} volumes were restored.${misfit.which}`,
    misfit.isSmaller
      ? hint`The backup is still in the volumes. Set \`spec.size\` and \`spec.racks\` back. As long as no node was decommissioned, run ${kassette('after-restore')} then; else bring all volumes back from the restore point, and run it after that. Scale the datacenter when the restore has ended.`
      : hint`The backup is still in the volumes. Set \`spec.size\` and \`spec.racks\` back, wait until cass-operator has decommissioned nodes that have joined, then run ${kassette('after-restore')}. Scale the datacenter when the restore has ended.`,
  );
}

interface Misfit {
  readonly nodes: number;
  readonly volumes: number;
  /** Sentences that name them, after a space. */
  readonly which: string;
  /** Whether volumes are without a node. */
  readonly isSmaller: boolean;
}

/** Null where nodes and volumes fit each other, or that is not known. */
function misfitOf({ datacenter, racks }: Asked, all: readonly PlacedVolume[]): Misfit | null {
  const volumes = all.filter((v) => v.datacenter === datacenter);
  if (racks === null || volumes.some((v) => v.place === null)) return null;
  const asked = racks.flatMap(({ rack, nodes }) => Array.from({ length: nodes }, (_, i) => ({ rack, i })));
  const missing = asked
    .filter(({ rack, i }) => !volumes.some((v) => v.place?.rack === rack && v.place.ordinal === i))
    .map(({ rack, i }) => `${i} of rack ${rack}`);
  const surplus = volumes
    .filter((v) => !asked.some(({ rack, i }) => v.place?.rack === rack && v.place.ordinal === i))
    .map((v) => v.name);
  if (missing.length === 0 && surplus.length === 0) return null;
  const more = missing.length === 0 ? '' : ` There is no volume for node ${firstFew(missing)}.`;
  const fewer = surplus.length === 0 ? '' : ` There would be no node for ${firstFew(surplus)}.`;
  return {
    ...{ nodes: asked.length, volumes: volumes.length },
    ...{ which: `${more}${fewer}`, isSmaller: surplus.length > 0 },
  };
}

/**
 * That the datacenter, when it is started, runs a Cassandra that can read these backups. Releases of one line have the same files, and what
 * exactly an image runs its number need not say.
 * @throws OLDER_CASSANDRA, UNSUPPORTED_SERVER
 */
export function checkReads(
  { datacenter, release }: Asked,
  backups: readonly Pick<ColdResult, 'tag' | 'cassandraVersion'>[],
  state: string,
): void {
  if (release === null) return;
  checkReleases(new Map([[`Datacenter ${datacenter}`, { releaseVersion: release }]]), state);
  for (const { tag, cassandraVersion } of backups) {
    if (cassandraVersion === undefined || !isOlder(lineOf(release), lineOf(cassandraVersion))) continue;
    throw new KassetteError(
      'OLDER_CASSANDRA',
      `Datacenter ${datacenter} is asked to run Cassandra ${release}; backup ${tag} was made by ${cassandraVersion}, whose files an older one may not read.`,
      hint`${state} Set \`spec.serverVersion\` to ${cassandraVersion} or newer, then run ${kassette('recover')}.`,
    );
  }
}

/** `4.1` of `4.1.9`. */
const lineOf = (release: string) => release.split('.').slice(0, 2).join('.');

/** That volumes are still those that were restored, all of them. @throws DATACENTER_CHANGED */
export function checkSameVolumes(
  before: readonly PlacedVolume[],
  now: readonly PlacedVolume[],
  state: string,
): void {
  const gone = before.filter((b) => !now.some((n) => n.name === b.name && n.uid === b.uid));
  const added = now.filter((n) => !before.some((b) => b.name === n.name));
  if (gone.length === 0 && added.length === 0) return;
  const replaced = gone.filter((b) => now.some((n) => n.name === b.name)).map((v) => v.name);
  const lost = gone.filter((b) => !replaced.includes(b.name)).map((v) => v.name);
  const what = [
    ...(replaced.length === 0 ? [] : [`${firstFew(replaced)} was replaced by another volume of its name`]),
    ...(lost.length === 0 ? [] : [`${firstFew(lost)} is gone`]),
    ...(added.length === 0 ? [] : [`${firstFew(added.map((v) => v.name))} has come`]),
  ];
  throw new KassetteError(
    'DATACENTER_CHANGED',
    `The volumes changed while they were restored cold: ${what.join('; ')}.`,
    hint`${state} Bring all volumes back from one restore point, then run ${kassette('recover')}.`,
  );
}

/** Somebody else starts a datacenter that is to be stopped. */
export function startedByOthers({ datacenter, by }: Asked, state: string): KassetteError {
  const who = by === null ? '' : ` \`spec.stopped\` was last set by \`${by}\`.`;
  return new KassetteError(
    'DATACENTER_CHANGED',
    `Datacenter ${datacenter} was changed or started by something else while it was stopped for a cold restore.${who}`,
    hint`${state} Pause what keeps the datacenter as it is declared (Argo CD, Flux, a pipeline), or have it ignore \`spec.stopped\`; then run ${kassette('recover')}.`,
  );
}
