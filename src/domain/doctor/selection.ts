import type { Binding, BoundDatacenter, Expression, Policy, Requirement } from './facts.ts';

const NAMESPACE_LABEL = 'k10.kasten.io/appNamespace';
const TYPE = 'cassandradatacenters.cassandra.datastax.com';

/** Whether a policy is for the namespace; null where that depends on labels that doctor does not know. */
export function covers({ selector }: Policy, namespace: string): boolean | null {
  const answers = selector.map((e) => (e.key === NAMESPACE_LABEL ? holds(e, [namespace]) : null));
  if (answers.includes(false)) return false;
  return answers.includes(null) ? null : true;
}

/** Whether Kasten takes the binding's blueprint for the datacenter, unless an older binding matches as well. */
export function matches(binding: Binding, datacenter: BoundDatacenter, namespace: string): boolean {
  const meets = (own: readonly Requirement[]) => own.every((r) => isMet(r, datacenter, namespace));
  if (binding.all.length + binding.any.length === 0) return false;
  return binding.all.every(meets) && (binding.any.length === 0 || binding.any.some(meets));
}

function isMet(
  { subject, expression }: Requirement,
  datacenter: BoundDatacenter,
  namespace: string,
): boolean {
  const { key } = expression;
  const label = datacenter.labels[key];
  const annotation = datacenter.annotations[key];
  const values = {
    type: [TYPE],
    namespace: [namespace],
    name: [datacenter.name],
    label: label === undefined ? [] : [label],
    annotation: annotation === undefined ? [] : [annotation],
  };
  return holds(expression, values[subject]);
}

function holds({ operator, values }: Expression, actual: readonly string[]): boolean {
  if (operator === 'Exists') return actual.length > 0;
  if (operator === 'DoesNotExist') return actual.length === 0;
  const among = actual.some((a) => values.includes(a));
  return operator === 'NotIn' ? !among : among;
}
