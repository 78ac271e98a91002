import type { Filters, ResourceSelector } from './facts.ts';

/** A kind of Kubernetes objects. */
export interface Type {
  readonly group: string;
  readonly resource: string;
}

/** Whether Kasten leaves all objects of a kind out of a backup, some of them, or none. */
export function leftOut({ include, exclude }: Filters, type: Type): 'all' | 'some' | 'none' {
  const included = include.filter((s) => isOf(s, type));
  if (include.length > 0 && included.length === 0) return 'all';
  const excluded = exclude.filter((s) => isOf(s, type));
  if (excluded.some(isWhole)) return 'all';
  if (excluded.length > 0 || (include.length > 0 && !included.some(isWhole))) return 'some';
  return 'none';
}

function isOf(selector: ResourceSelector, { group, resource }: Type): boolean {
  const groupFits = !selector.group || selector.group === group;
  return groupFits && (!selector.resource || selector.resource === resource);
}

function isWhole(selector: ResourceSelector): boolean {
  return !selector.labelled && !selector.name;
}
