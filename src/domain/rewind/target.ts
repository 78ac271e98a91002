import { KassetteError } from '../errors.ts';

const SECOND = 1000;
const UNITS: Readonly<Record<string, number>> = {
  ...{ s: SECOND, sec: SECOND, second: SECOND },
  ...{ m: 60 * SECOND, min: 60 * SECOND, minute: 60 * SECOND },
  ...{ h: 3600 * SECOND, hour: 3600 * SECOND },
  ...{ d: 86_400 * SECOND, day: 86_400 * SECOND },
};

const AGO = /^(\d{1,9}) ?([a-z]+?)s? ago$/;
/** RFC 3339, with the offset that it demands: a time without one means another moment in each place. */
const MOMENT = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * The second that a text means: `2026-03-01T14:02:59Z`, or `10m ago`. Cassandra compares whole seconds: a part of one is left out.
 * Null where the text has neither form.
 */
export function parseTarget(text: string, now: Date): Date | null {
  const [, count, unit = ''] = AGO.exec(text.trim()) ?? [];
  const unitMs = UNITS[unit];
  const ms =
    count !== undefined && unitMs !== undefined
      ? now.getTime() - Number(count) * unitMs
      : MOMENT.test(text.trim())
        ? Date.parse(text.trim().toUpperCase().replace(' ', 'T'))
        : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(Math.floor(ms / SECOND) * SECOND);
}

/** @throws USAGE for what is no time, or one that is not over on the latest of these clocks */
export function targetOf(text: string, now: Date): Date {
  const target = parseTarget(text, now);
  if (target === null) {
    throw new KassetteError(
      'USAGE',
      `\`${text}\` is not a time.`,
      'Nothing was changed. Write it as 2026-03-01T14:02:59Z, with Z or an offset such as +01:00, or as `10m ago` (s, m, h, d).',
    );
  }
  // What carries the target's own second may still be written.
  if (target.getTime() + SECOND > now.getTime()) {
    throw new KassetteError(
      'USAGE',
      `${secondText(target)} is not over yet: it is ${secondText(now)}.`,
      'Nothing was changed. Choose an earlier second.',
    );
  }
  return target;
}

/** ISO 8601 without a part of a second. */
export function secondText(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** As `restore_point_in_time` has it: UTC, whole seconds (`CommitLogArchiver`). */
export function restorePoint(target: Date): string {
  return target.toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
}
