const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

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

/** `9.5 KiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BYTE_UNITS.length - 1);
  const amount = bytes / 1024 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${BYTE_UNITS[power]}`;
}

/** `3.9 s`, `2 min 10 s`, `3 h 5 min`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const [d, h, m, s] = [
    Math.floor(whole / 86400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (d > 0) return `${d} d ${h} h`;
  return h > 0 ? `${h} h ${m} min` : `${m} min ${s} s`;
}
