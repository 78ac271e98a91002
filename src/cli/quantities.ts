import { BYTE_UNITS } from '../domain/amounts.ts';

export { formatBytes, formatSeconds } from '../domain/amounts.ts';

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `90s`, `10m`, `1h`, `250ms`, or bare seconds → milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  return amount === undefined ? null : Number(amount) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS];
}

/** `512MiB`, `10GiB`, or bare bytes → bytes; null for anything else. */
export function parseBytes(text: string): number | null {
  const [, amount, unit = 'B'] = /^(\d+(?:\.\d+)?)([KMGTP]iB|B)?$/.exec(text) ?? [];
  if (amount === undefined) return null;
  return Math.round(Number(amount) * 1024 ** BYTE_UNITS.indexOf(unit as (typeof BYTE_UNITS)[number]));
}
