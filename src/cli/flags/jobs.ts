import { z } from 'zod';
import { parseUser } from '../../domain/jobs/pod-user.ts';
import { amountOf } from '../../domain/jobs/quantity.ts';
import { type JobSettings, parseNamed } from '../../domain/jobs/settings.ts';
import { flag, grouped, parsed, type Values } from './flag.ts';

/** Several `name=value` as one object; the last one of a name counts. */
const named = (isValue: (text: string) => boolean, form: string) =>
  z
    .array(z.string())
    .default([])
    .transform((texts, context): Readonly<Record<string, string>> => {
      const pairs = texts.map((text) => ({ text, pair: parseNamed(text) }));
      const wrong = pairs.find(({ pair }) => pair === null || !isValue(pair[1]));
      if (wrong === undefined) return Object.fromEntries(pairs.map(({ pair }) => pair ?? ['', '']));
      context.addIssue(`\`${wrong.text}\` is not ${form}.`);
      return z.NEVER;
    });

export const QUANTITIES = named(
  (text) => text === '' || amountOf(text) >= 0,
  'of the form RESOURCE=QUANTITY, such as cpu=500m or memory=512Mi',
);
const TEXT_VALUES = named(() => true, 'of the form NAME=VALUE');

/** What may be chosen about the pods of kassette's Jobs, for namespaces that do not admit them as they are. */
export const JOBS = grouped('Jobs:', {
  jobRequests: flag(
    '--job-request <k=v...>',
    'what the Jobs request (default: cpu=50m memory=128Mi; for clones cpu=10m memory=32Mi)',
    QUANTITIES,
  ),
  jobLimits: flag(
    '--job-limit <k=v...>',
    'limits of the Jobs (default: cpu=1 memory=512Mi); `cpu=` for none',
    QUANTITIES,
  ),
  jobLabels: flag('--job-label <k=v...>', "labels for the Jobs' pods", TEXT_VALUES),
  jobAnnotations: flag('--job-annotation <k=v...>', "annotations for the Jobs' pods", TEXT_VALUES),
  jobUser: flag(
    '--job-user <uid[:gid]>',
    "user and group of the Jobs of a cold restore (default: those of the datacenter's pods, or 999)",
    parsed(parseUser, 'a user ID, such as 999, or UID:GID').optional(),
  ),
});

/** What the flags come to; a command may have some of them. */
export function jobsOf(values: Partial<Values<typeof JOBS>>): JobSettings {
  const { jobRequests = {}, jobLimits = {}, jobLabels = {}, jobAnnotations = {}, jobUser } = values;
  return {
    requests: jobRequests,
    limits: jobLimits,
    labels: jobLabels,
    annotations: jobAnnotations,
    user: jobUser,
  };
}
