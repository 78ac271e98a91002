import type { Run } from '../../domain/last-runs.ts';
import { formatSeconds } from '../quantities.ts';

/** The last runs as lines; none where there were none. */
export function runLines(runs: readonly Run[] | null): readonly string[] {
  if (runs === null) return ['last runs: not known, because the lease `kassette` cannot be read'];
  return runs.length === 0 ? [] : ['last runs, the newest first:', ...runs.map((r) => `  ${lineOf(r)}`)];
}

function lineOf(run: Run): string {
  const { command, hook, datacenters, tag, startedAt, endedAt, code, message } = run;
  const where = datacenters.length === 0 ? '' : ` --datacenter ${datacenters.join(' ')}`;
  const what = `${startedAt} ${command}${where}${tag ? ` (${tag})` : ''}${hook ? ' by a hook' : ''}`;
  if (endedAt === null) return `${what}: no end noted; it still runs, or was killed`;
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  return `${what}: ${code ?? 'ok'} after ${formatSeconds(seconds)}${message === '' ? '' : `: ${message}`}`;
}
