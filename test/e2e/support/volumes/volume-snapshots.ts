import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod, TestDatacenter } from '../datacenter.ts';

/** What a volume backup of a namespace keeps: a snapshot of every volume, the claims, and the secrets. */
export interface NamespaceBackup {
  readonly snapshots: readonly { readonly claim: Claim; readonly snapshot: string }[];
  readonly secrets: readonly object[];
}

interface Claim {
  readonly metadata: { readonly name: string; readonly labels?: object };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Of any object. */
interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: object;
  readonly annotations?: object;
}

/** Between two nodes' snapshots: they are never taken at one moment. */
const PAUSE_MS = 700;
let number = 0;

/**
 * Snapshot every volume of the datacenter, one after the other.
 * @param nameOf a snapshot's name by its claim's
 */
export async function backUpVolumes(
  datacenter: TestDatacenter,
  nameOf = (claim: string) => `snapshot-${process.pid}-${++number}-${claim}`,
): Promise<NamespaceBackup> {
  const { volumes } = datacenter.bed;
  const snapshots = [];
  for (const { claim } of await datacenter.pods()) {
    if (snapshots.length > 0) await sleep(PAUSE_MS);
    const volume = await volumes.ofClaim(datacenter.namespace, claim);
    const snapshot = nameOf(claim);
    await volumes.snapshot(volume ?? '', snapshot);
    const object = JSON.parse(await datacenter.kubectl('get', 'pvc', claim, '-o', 'json')) as Claim;
    snapshots.push({ claim: object, snapshot });
  }
  const secrets = JSON.parse(await datacenter.kubectl('get', 'secrets', '-o', 'json')) as { items: object[] };
  return { snapshots, secrets: secrets.items.map(withoutIdentity) };
}

/** The datacenter and its claims deleted, as `kubectl delete -f datacenter.yaml` does it, and the volumes with them. */
export async function destroy(datacenter: TestDatacenter): Promise<void> {
  const { volumes } = datacenter.bed;
  const pods: readonly Pod[] = await datacenter.pods();
  const names = await Promise.all(pods.map((p) => volumes.ofClaim(datacenter.namespace, p.claim)));
  await datacenter.delete();
  for (const name of names) if (name !== undefined) await volumes.delete(name);
}

/** New volumes with the snapshots' content, bound by claims of the old names; then everything else. */
export async function restoreVolumes(backup: NamespaceBackup, datacenter: TestDatacenter): Promise<void> {
  const { bed, namespace } = datacenter;
  await bed.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  for (const { claim, snapshot } of backup.snapshots) {
    const { name, labels } = claim.metadata;
    const volumeName = `restored-${process.pid}-${++number}-${name}`;
    await bed.volumes.restore(snapshot, volumeName, { claim: { namespace, name } });
    const metadata = { name, namespace, labels };
    const spec = { ...claim.spec, volumeName };
    await bed.apply([{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }]);
  }
  await bed.apply(backup.secrets.map((s) => ({ ...s, metadata: { ...metadataOf(s), namespace } })));
}

export async function forget(backup: NamespaceBackup, { bed }: TestDatacenter): Promise<void> {
  for (const { snapshot } of backup.snapshots) await bed.volumes.deleteSnapshot(snapshot);
}

/** As a tool that restores namespaces creates it: without status, owner and what the API server has given it. */
export function withoutIdentity(object: object): object {
  const { name, namespace, labels, annotations } = metadataOf(object);
  const { status: _, ...rest } = object as { status?: object };
  return { ...rest, metadata: { name, namespace, labels, annotations } };
}

function metadataOf(object: object): Metadata {
  return 'metadata' in object && typeof object.metadata === 'object' && object.metadata !== null
    ? object.metadata
    : {};
}
