import { tagTime } from '../backup/tag.ts';
import { RejectedCredentials } from '../errors.ts';
import { hint } from '../hint.ts';

/** The newest backup, and whether the secret was changed after it was made. */
export interface Newer {
  readonly tag: string;
  readonly madeAt: string;
  readonly isSecret: boolean;
}

/**
 * Which is newer, a secret or the volumes' backup: passwords that were changed between backup and restore are those of then in the volumes.
 * @param changedAt ISO 8601
 * @param tags of complete backups in the volumes
 */
export function whatIsNewer(changedAt: string | null, tags: readonly string[]): Newer | null {
  const [tag] = tags.toSorted().toReversed();
  const madeAt = tag === undefined ? null : (tagTime(tag)?.toISOString() ?? null);
  if (tag === undefined || madeAt === null || changedAt === null) return null;
  return { tag, madeAt, isSecret: changedAt > madeAt };
}

/** The same refusal of credentials with what is newer. */
export function withWhatIsNewer(error: RejectedCredentials, tags: readonly string[]): RejectedCredentials {
  const newer = whatIsNewer(error.changedAt, tags);
  if (newer === null) return error;
  const { tag, isSecret } = newer;
  const what = isSecret
    ? `It was last changed at ${error.changedAt}, after backup ${tag} was made: the volumes have an older password.`
    : `It was last changed at ${error.changedAt}, before backup ${tag} was made: the volumes may have a newer password than it.`;
  const then = isSecret ? 'as they were when the backup was made' : 'as they were set last';
  return new RejectedCredentials(
    error.changedAt,
    `${error.message}. ${what}`.replace('..', '.'),
    hint`Nothing was changed. Name a secret that has \`username\` and \`password\` ${then}: \`--superuser-secret NAME\`. Or let cass-operator set the role to what the datacenter's secret has, which it does at its next change of the datacenter, unless that has the annotation cassandra.datastax.com/skip-user-creation; then run the same command again.`,
    { cause: error },
  );
}
