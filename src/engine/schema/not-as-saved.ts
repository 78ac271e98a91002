import { KassetteError } from '../../domain/errors.ts';

/** The error of a verification after loading. */
export function notAsSaved(what: string): KassetteError {
  return new KassetteError(
    'VERIFY_FAILED',
    `After loading, ${what}.`,
    'The backup is unchanged. Run the same command again; read the logs of the nodes if it fails in the same way.',
  );
}
