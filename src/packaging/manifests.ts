import { stringify } from 'yaml';
import { rbac } from './rbac.ts';

/** The namespace of the reference. */
const NAMESPACE = 'cass-operator';

/** Objects as one YAML stream. */
export function yamlOf(objects: readonly object[], comment: string): string {
  const head = comment
    .trim()
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n');
  return `${head}\n${objects.map((o) => `---\n${stringify(o, { lineWidth: 0 })}`).join('')}`;
}

/** The files of `deploy/`, by name; `make generate` writes them and a test compares them. */
export function deployFiles(): ReadonlyMap<string, string> {
  return new Map([
    [
      'rbac-namespace.yaml',
      yamlOf(
        rbac({ namespace: NAMESPACE, scope: 'namespace' }),
        `The service account «kassette» with the rights that kassette needs in the namespace of the datacenters.
Another namespace, or only certain secrets: kassette rbac --namespace NAME --secret dse-superuser`,
      ),
    ],
    [
      'rbac-cluster.yaml',
      yamlOf(
        rbac({ namespace: NAMESPACE, scope: 'cluster' }),
        'The service account «kassette» with the rights that kassette needs, in every namespace of the cluster.',
      ),
    ],
  ]);
}
