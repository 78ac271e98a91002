import { type Bed, bedAt } from '../bed/bed.ts';

/** The bed that `run.ts` has started for all files. */
export function sharedBed(): Bed {
  const directory = process.env['KASSETTE_E2E_BED'];
  if (directory === undefined) throw new Error('KASSETTE_E2E_BED is not set; run `make e2e`.');
  return bedAt(directory);
}

/** The release that the pods run. */
export const RELEASE = process.env['CASSANDRA_VERSION'] || '5.0.6';
