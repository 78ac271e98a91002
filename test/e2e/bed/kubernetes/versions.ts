import { readFileSync, writeFileSync } from 'node:fs';
import type { Places } from '../places.ts';

/** The newest there is, the one of every commit, and the oldest. */
export const KUBERNETES_VERSIONS = ['1.37.2', '1.34.4', '1.29.6'] as const;
export type KubernetesVersion = (typeof KUBERNETES_VERSIONS)[number];

/** Of a bed that nobody asked for another one. */
export const USUAL_KUBERNETES: KubernetesVersion = '1.34.4';

/** What decides which options and fields it knows. */
export const minorOf = (version: KubernetesVersion): number => Number(version.split('.')[1]);

/** Notes in the bed which version it runs: test files and later commands find its programs by that. */
export function noteVersion(places: Places, version: KubernetesVersion): void {
  writeFileSync(places.kubernetesVersion, version);
}

export function versionOf(places: Places): KubernetesVersion {
  const noted = readFileSync(places.kubernetesVersion, 'utf8');
  const known = KUBERNETES_VERSIONS.find((version) => version === noted);
  if (known === undefined) throw new Error(`${places.kubernetesVersion}: no Kubernetes is called ${noted}.`);
  return known;
}
