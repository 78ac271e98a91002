import { BACKUP } from './backup.ts';
import { CONNECTION, LIMITS } from './connection.ts';
import { JOBS } from './jobs.ts';
import { EMBEDDED, OUTPUT } from './output.ts';
import { RESTORE } from './restore.ts';
import { ARGUMENTS, TARGET } from './target.ts';

/** Every flag of the commands that work on clusters, in the order of `--help`; named as the engine's options are. */
export const FLAGS = {
  ...ARGUMENTS,
  ...TARGET,
  ...CONNECTION,
  ...LIMITS,
  ...BACKUP,
  ...RESTORE,
  ...JOBS,
  ...OUTPUT,
  ...EMBEDDED,
};
type Name = keyof typeof FLAGS;

const COMMON_NAMES = [
  ...(['namespace', 'k8ssandraCluster', 'datacenters', 'tag'] as const),
  ...(Object.keys(CONNECTION) as (keyof typeof CONNECTION)[]),
  ...(['output', 'level', 'embedded'] as const),
] as const;
type CommonName = (typeof COMMON_NAMES)[number];

/** What every command that works on clusters takes. */
export const COMMON = pick(COMMON_NAMES);
export type CommonFlags = typeof COMMON;

/** Of the Jobs that mount clones: their user is that of the pods beside which they run. */
export const CLONE_JOB_FLAGS = ['jobRequests', 'jobLimits', 'jobLabels', 'jobAnnotations'] as const;
/** Of those that restore volumes. */
export const JOB_FLAGS = [...CLONE_JOB_FLAGS, 'jobUser'] as const;

/** The common flags and these. */
export function flags<N extends Name>(...names: readonly N[]): Pick<typeof FLAGS, CommonName | N> {
  return pick([...COMMON_NAMES, ...names]);
}

function pick<N extends Name>(names: readonly N[]): Pick<typeof FLAGS, N> {
  const wanted: readonly string[] = names;
  return Object.fromEntries(Object.entries(FLAGS).filter(([name]) => wanted.includes(name))) as Pick<
    typeof FLAGS,
    N
  >;
}
