import type { RestoreOptions } from '../../../../../src/engine/restore/options.ts';
import { cold, KeptVolumes, TAG } from '../../../support/kept-volumes.ts';

/*
 * Every state that volumes can be in, and what each command makes of it: after-restore, a backup policy's hook, and status.
 * `after`: outcome, tag and method of after-restore, or its error; `hook`: null where it may remove the backup, else why not.
 */
export interface Case {
  readonly name: string;
  readonly volumes: () => KeptVolumes;
  readonly options?: Partial<RestoreOptions>;
  readonly after: string;
  readonly did: readonly string[];
  readonly hook?: RegExp | null;
  /** Tags of which status says that a restore has begun. */
  readonly restoring?: readonly string[];
  readonly warns?: RegExp;
}

export const TIDIED = ['finish n-dc1', 'finish n-dc2'];
export const REPLACED = ['begin n-dc1', 'begin n-dc2', ...TIDIED];
export const FROM_BACKUP = `backup:${TAG}`;
export const BEGUN = new RegExp(`hold backup ${TAG}, and its restore has begun and not ended`);
export const RESTARTED = new RegExp(`hold backup ${TAG}, and all nodes were restarted since`);
export const kept = () => new KeptVolumes();
export const restoredCold = () => kept().backup('both', { cold: cold('restored') });
