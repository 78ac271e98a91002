import { binary, type ModuleName } from '../binaries/binaries.ts';
import type { Places } from '../places.ts';
import { type KubernetesVersion, versionOf } from './versions.ts';

const modules: Readonly<Record<KubernetesVersion, ModuleName>> = {
  '1.37.2': 'kubernetes-1.37',
  '1.34.4': 'kubernetes-1.34',
  '1.29.6': 'kubernetes-1.29',
};

/** What has to be built before one of them can be started. */
export const kubernetesModule = (version: KubernetesVersion): ModuleName => modules[version];

/** A program of the Kubernetes that the bed runs, kubectl included: it talks with no server that is much older or newer. */
export const kubernetesProgram = (places: Places, name: string): string =>
  binary(kubernetesModule(versionOf(places)), name);
