import { checkAge, checkRestores, checkVolumes } from './backups.ts';
import { checkBindings } from './bindings.ts';
import type { DoctorFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { checkImages, checkRights } from './places.ts';
import { checkFilters, checkHooks, checkPolicies } from './policies.ts';

export interface Check {
  readonly check: string;
  readonly findings: readonly Finding[];
}

const CHECKS = {
  policy: checkPolicies,
  hooks: checkHooks,
  filters: checkFilters,
  binding: checkBindings,
  rights: checkRights,
  image: checkImages,
  'last backup': checkAge,
  'last restore': checkRestores,
  volumes: checkVolumes,
} as const satisfies Record<string, (facts: DoctorFacts) => readonly Finding[]>;

/** All that is wrong with how a namespace is backed up, in words. */
export function diagnose(facts: DoctorFacts): readonly Check[] {
  return Object.entries(CHECKS).map(([check, run]) => ({ check, findings: unique(run(facts)) }));
}

/** What cannot be read is met by several checks. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((f) => [f.message, f])).values()];
}
