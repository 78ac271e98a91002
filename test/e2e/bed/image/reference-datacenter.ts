import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { CassandraDatacenter } from './test-datacenter.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/datacenter.yaml');

/** The datacenter of the example that users start from. */
export function referenceDatacenter(): CassandraDatacenter {
  return parse(readFileSync(EXAMPLE, 'utf8')) as CassandraDatacenter;
}
