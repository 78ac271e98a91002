import { setTimeout as sleep } from 'node:timers/promises';
import { definitions, servedPaths } from '../../../kasten/definitions.ts';
import type { Bed } from '../../bed/bed.ts';

export const KASTEN = 'kasten-io';
export const OWN = 'kassette';
/** Where the committed manifests grant rights. */
const GRANTED = 'cass-operator';
const PATIENCE_MS = 60_000;

/** Kasten's and Kanister's kinds, served as their documentation has them, and the namespaces that the committed manifests name. */
export async function serveKastenKinds(bed: Bed): Promise<void> {
  await bed.apply(definitions());
  const namespace = (name: string, labels = {}) => ({
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name, labels },
  });
  // What hooks and commands run as pods has to keep to the level.
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await bed.apply([namespace(KASTEN), namespace(OWN, restricted), namespace(GRANTED)]);
  for (const path of servedPaths()) await untilServed(bed, path);
}

async function untilServed(bed: Bed, path: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await bed.kubectl(['get', '--raw', `${path}?limit=1`]);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await sleep(200);
  }
}
