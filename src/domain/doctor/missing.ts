import type { DoctorFacts } from './facts.ts';
import { type Finding, orElse, problem, unknown } from './finding.ts';
import { backupPolicies } from './policies.ts';

/* What is not there to be looked at: a check that had nothing to look at must not pass for one that found nothing wrong. */

/** Null where Kasten's kinds are served, or where that is not known. */
export function withoutKasten({ kasten, namespace }: DoctorFacts): readonly Finding[] | null {
  if (!('unserved' in kasten.policies)) return null;
  return [
    problem(
      `This Kubernetes cluster does not serve policies of Kasten: Kasten is not installed, so it does not back up namespace ${namespace}.`,
      'Install Kasten. With another tool: run before-backup, after-backup and after-restore around it; doctor cannot look at that.',
    ),
  ];
}

export function noPolicy(facts: DoctorFacts): readonly Finding[] {
  // An age that is asked for is judged without a policy.
  if (backupPolicies(facts, orElse(facts.kasten.policies, [])).length > 0) return [];
  return [
    unknown(
      `Not looked at: no policy is known to back up namespace ${facts.namespace}.`,
      'See what is said of the policy; then run doctor again.',
    ),
  ];
}

export function noPlace({ places }: DoctorFacts): readonly Finding[] {
  if (places.length > 0) return [];
  return [
    unknown(
      'Not looked at: no hook of a policy and no bound blueprint is known that runs kassette.',
      'See what is said of policy, hooks and binding; then run doctor again.',
    ),
  ];
}

export function noDatacenter({ kasten, namespace }: DoctorFacts): readonly Finding[] {
  if (orElse(kasten.datacenters, []).length > 0) return [];
  return [
    unknown(
      `Not looked at: namespace ${namespace} has no CassandraDatacenter.`,
      'Name the namespace of the datacenters with --namespace.',
    ),
  ];
}

/** The datacenters that were found count here, whether their objects may be looked at or not. */
export function noCluster(facts: DoctorFacts): readonly Finding[] {
  return orElse(facts.cassandra, []).length > 0 ? [] : noDatacenter(facts);
}
