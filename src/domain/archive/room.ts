import { formatBytes } from '../amounts.ts';
import { DEFAULT_BOUND } from './archiving.ts';
import type { NodeLog } from './window.ts';

/** Before the default bound is reached, as a share of it. */
const WARN_AT = 0.8;

/** How near the archive is to the bound at which it stops; null where there is room. */
export function nearBound({ archived, freeBytes, totalBytes }: NodeLog): string | null {
  if (totalBytes === 0) return null;
  const percent = (bytes: number) => (bytes * 100) / totalBytes;
  const used = archived.reduce((sum, s) => sum + s.bytes, 0);
  const { mostPercent, freePercent } = DEFAULT_BOUND;
  const whole = (share: number) => `${Math.round(share)} % of the volume`;
  if (percent(used) > mostPercent * WARN_AT)
    return `its archive takes ${formatBytes(used)}, ${whole(percent(used))}; by default it stops at ${mostPercent} %`;
  if (percent(freeBytes) < freePercent / WARN_AT)
    return `${whole(percent(freeBytes))} is free; by default it stops at ${freePercent} %`;
  return null;
}
