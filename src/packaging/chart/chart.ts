import { Document, isMap, isScalar, stringify } from 'yaml';
import { VERSION } from '../../domain/version.ts';
import { Expressions } from './expressions.ts';
import { NOTES } from './notes.ts';
import { type Part, templates } from './templates.ts';
import { defaultValues, values, valuesSchema } from './values.ts';

/** The Helm chart's files by their path in the chart. */
export function chartFiles(): ReadonlyMap<string, string> {
  const helm = new Expressions();
  const written = [...templates(helm)].map(
    ([name, parts]) => [`templates/${name}`, template(helm, parts)] as const,
  );
  return new Map([
    ['Chart.yaml', chartYaml()],
    ['values.yaml', valuesYaml()],
    ['values.schema.json', valuesSchema()],
    ...written,
    ['templates/NOTES.txt', NOTES],
  ]);
}

function chartYaml(): string {
  return stringify({
    apiVersion: 'v2',
    name: 'kassette',
    description: 'Restorable volume-snapshot backups of Apache Cassandra with Kasten',
    type: 'application',
    version: VERSION,
    appVersion: VERSION,
  });
}

/** The defaults, each below what its schema says of it. */
function valuesYaml(): string {
  const document = new Document(defaultValues);
  comment(document.contents, values.shape);
  return document.toString({ lineWidth: 0 });
}

interface Described {
  readonly description?: string | undefined;
  readonly shape?: Readonly<Record<string, Described>>;
}

function comment(node: unknown, shape: Readonly<Record<string, Described>>): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const described = isScalar(key) ? shape[String(key.value)] : undefined;
    if (described === undefined || !isScalar(key)) continue;
    if (described.description !== undefined) key.commentBefore = ` ${described.description}`;
    if (described.shape !== undefined) comment(value, described.shape);
  }
}

function template(helm: Expressions, parts: readonly Part[]): string {
  const lines = parts.flatMap(({ before, objects, after }) => [
    ...(before === undefined ? [] : [before]),
    ...objects.map((o) => `---\n${helm.write(stringify(o, { lineWidth: 0 }))}`.trimEnd()),
    ...(after === undefined ? [] : [after]),
  ]);
  return `${lines.join('\n')}\n`;
}
