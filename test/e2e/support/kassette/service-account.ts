import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Bed } from '../../bed/bed.ts';

interface KubeconfigFile {
  readonly clusters: readonly {
    readonly name: string;
    readonly cluster: Readonly<Record<string, unknown>>;
  }[];
}

/** The part of a kubeconfig that says where the API server is, perhaps with some of it replaced. */
export interface ServerChange {
  readonly server?: string;
  readonly 'tls-server-name'?: string;
}

/** A kubeconfig for the service account `kassette` of the namespace. */
export async function serviceAccountKubeconfig(
  bed: Bed,
  namespace: string,
  change: ServerChange = {},
): Promise<string> {
  const token = (await bed.kubectl(['--namespace', namespace, 'create', 'token', 'kassette'])).trim();
  const { clusters } = parse(readFileSync(bed.kubeconfig, 'utf8')) as KubeconfigFile;
  const [first] = clusters;
  const file = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bed', cluster: { ...first?.cluster, ...change } }],
    users: [{ name: 'kassette', user: { token } }],
    contexts: [{ name: 'bed', context: { cluster: 'bed', user: 'kassette', namespace } }],
    'current-context': 'bed',
  };
  const path = join(bed.directory, `kassette-${namespace}-${Object.keys(change).length}.kubeconfig`);
  await writeFile(path, stringify(file), { mode: 0o600 });
  return path;
}

/** Where the API server is, as the admin's kubeconfig has it. */
export function apiServer(bed: Bed): URL {
  const { clusters } = parse(readFileSync(bed.kubeconfig, 'utf8')) as KubeconfigFile;
  return new URL(String(clusters[0]?.cluster['server']));
}
