import { checkAge, checkRestores, checkVolumes } from './backups.ts';
import { checkBindings } from './bindings.ts';
import type { DoctorFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { noCluster, noDatacenter, noPlace, noPolicy, withoutKasten } from './missing.ts';
import { checkJobs } from './namespaces/jobs.ts';
import { checkNetwork } from './namespaces/network.ts';
import { checkArchiving } from './nodes/archiving.ts';
import { checkCassandra } from './nodes/cassandra.ts';
import { checkCopies } from './nodes/copies.ts';
import { checkImages, checkRights } from './places.ts';
import { checkFilters, checkHooks, checkPolicies } from './policies.ts';

export interface Check {
  readonly check: string;
  readonly findings: readonly Finding[];
}

interface Examination {
  readonly run: (facts: DoctorFacts) => readonly Finding[];
  /** Why there is nothing that it could look at, so that finding nothing wrong would mean nothing. */
  readonly missing?: (facts: DoctorFacts) => readonly Finding[];
}

const CHECKS: Readonly<Record<string, Examination>> = {
  policy: { run: (facts) => withoutKasten(facts) ?? checkPolicies(facts) },
  hooks: { run: checkHooks, missing: noPolicy },
  filters: { run: checkFilters, missing: noPolicy },
  binding: { run: checkBindings, missing: noDatacenter },
  rights: { run: checkRights, missing: noPlace },
  image: { run: checkImages, missing: noPlace },
  jobs: { run: checkJobs, missing: noDatacenter },
  network: { run: checkNetwork, missing: noPlace },
  'last backup': { run: checkAge, missing: noPolicy },
  'last restore': { run: checkRestores },
  volumes: { run: (facts) => [...checkVolumes(facts), ...checkCopies(facts)], missing: noDatacenter },
  cassandra: { run: checkCassandra, missing: noCluster },
  archiving: { run: checkArchiving },
};

/** All that is wrong with how a namespace is backed up, and all that could not be looked at, in words. */
export function diagnose(facts: DoctorFacts): readonly Check[] {
  return Object.entries(CHECKS).map(([check, { run, missing }]) => {
    const found = unique(run(facts));
    return { check, findings: found.length > 0 ? found : (missing?.(facts) ?? []) };
  });
}

/** What cannot be read is met by several checks. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((f) => [f.message, f])).values()];
}
