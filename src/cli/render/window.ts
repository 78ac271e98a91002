import type { Gap } from '../../domain/archive/continuity.ts';
import type { NodeWindow, Window } from '../../domain/archive/window.ts';
import { placeName } from '../../domain/k8ssandra/locations.ts';
import type { DatacenterWindows, NodeArchive } from '../../engine/archive/windows.ts';
import type { WindowResult } from '../../engine/verbs/point-in-time/window.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes } from '../quantities.ts';

export function renderWindow(result: WindowResult): Rendered {
  const lines = result.datacenters.flatMap(datacenterLines);
  return { text: lines.join('\n'), json: result };
}

function datacenterLines(d: DatacenterWindows): readonly string[] {
  const { namespace, k8sContext } = d;
  const where = namespace === undefined ? '' : ` in ${placeName({ namespace, k8sContext })}`;
  const ranges = d.ranges.map((r) => `from ${r.from} until ${r.until}`);
  const can = ranges.length === 0 ? 'cannot be set back' : `can be set back ${ranges.join(', and ')}`;
  const none =
    d.windows.length === 0 ? ['  no base: no complete backup knows where the log goes on from it'] : [];
  return [
    `${d.cluster}: ${d.datacenter}${where} ${can}`,
    ...none,
    ...d.windows.flatMap(windowLines),
    ...d.nodes.map(archiveLine),
  ];
}

function windowLines({ base, from, until, nodes }: Window): readonly string[] {
  const range = from === null ? 'no time is in reach of all nodes' : `${from} until ${until}`;
  return [`  base ${base}: ${range}`, ...nodes.flatMap(nodeLines)];
}

function nodeLines({ node, from, until, segments, bytes, gaps, restarts }: NodeWindow): readonly string[] {
  const range = from === null ? 'none' : `${from} until ${until}`;
  const starts = restarts.length === 0 ? '' : `, ${restarts.length} restarts`;
  return [
    `    ${node}: ${range}, ${segments} segments (${formatBytes(bytes)})${starts}`,
    ...gaps.map((gap) => `      gap: ${gapText(gap)}`),
  ];
}

export function gapText({ after, before, from, segments }: Gap): string {
  const since = from === null ? '' : ` at ${new Date(from).toISOString()}`;
  const begin = after === null ? 'the first segments that the base needs' : `after ${after}${since}`;
  const end = before === null ? 'nothing follows' : `until ${before}`;
  return segments === null
    ? `${begin}, where the archive has stopped, ${end}`
    : `${begin}, ${end}; missing: ${segments}`;
}

const STATES = {
  on: 'archives its log',
  stopped: 'has STOPPED archiving its log',
  off: 'does NOT archive its log',
  unproven: 'has archived nothing: archiving is off, or no segment has ended since the start',
} as const;

function archiveLine({ node, archiving, since, segments, bytes, stopped, nearBound }: NodeArchive): string {
  const what = since === null ? '' : `: ${segments} segments (${formatBytes(bytes)}) since ${since}`;
  const why = [...(stopped === null ? [] : [stopped]), ...(nearBound === null ? [] : [nearBound])];
  return `  ${node} ${STATES[archiving]}${what}${why.map((w) => `; ${w}`).join('')}`;
}
