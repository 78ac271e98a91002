import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_SERVER, authorityOf, kubeconfigOf, NODE, type Places } from '../places.ts';

/** Who speaks with the API server: the kubeconfig's name, the user it stands for, and the user's groups. */
const users: Readonly<Record<string, { readonly user: string; readonly groups: readonly string[] }>> = {
  admin: { user: 'kubernetes-admin', groups: ['system:masters'] },
  'controller-manager': { user: 'system:kube-controller-manager', groups: [] },
  scheduler: { user: 'system:kube-scheduler', groups: [] },
  kubelet: { user: `system:node:${NODE}`, groups: ['system:nodes'] },
  'kube-proxy': { user: 'system:kube-proxy', groups: [] },
  coredns: { user: 'system:coredns', groups: [] },
  // In a real cluster it has a role of its own; the tests are not about that role.
  'cass-operator': { user: 'cass-operator', groups: ['system:masters'] },
};

export const tokenFile = (places: Places): string => join(places.credentials, 'tokens.csv');
export const serviceAccountKey = (places: Places): string => join(places.credentials, 'service-account.key');

/** Fresh tokens, kubeconfig files and the key that signs service account tokens. */
export function writeCredentials(places: Places): void {
  mkdirSync(places.credentials, { recursive: true, mode: 0o700 });
  const lines = Object.entries(users).map(([name, { user, groups }]) => {
    const token = randomBytes(24).toString('hex');
    writeSecret(kubeconfigOf(places, name), JSON.stringify(kubeconfig(places, name, token), null, 2));
    if (name === 'admin') writeSecret(join(places.credentials, 'admin.token'), token);
    return `${token},${user},${user},"${groups.join(',')}"\n`;
  });
  writeSecret(tokenFile(places), lines.join(''));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeSecret(serviceAccountKey(places), privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
}

/** JSON, which every reader of YAML takes. */
function kubeconfig(places: Places, name: string, token: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'bed', cluster: { server: API_SERVER, 'certificate-authority': authorityOf(places) } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'bed', context: { cluster: 'bed', user: name } }],
    'current-context': 'bed',
  };
}

function writeSecret(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}
