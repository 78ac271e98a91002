import { tagsOf } from '../../domain/backup/tag.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, mapText } from '../../domain/hint.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';

/** The error of a verification that followed a cold restore: its hint must not say that nothing was changed. */
export function afterColdRestore(error: unknown, volumes: readonly ColdResult[]): unknown {
  const restored = volumes.filter((v) => v.outcome === 'restored');
  if (!(error instanceof KassetteError) || restored.length === 0) return error;
  const tags = tagsOf(restored);
  const done = `This run restored ${restored.length} volumes cold from backup ${tags} and started Cassandra.`;
  const rest = mapText(error.advice, (text) => text.replace(/Nothing was changed(?: by this call)?\. ?/, ''));
  return new KassetteError(error.code, error.message, hint`${done} ${rest}`, { cause: error });
}
