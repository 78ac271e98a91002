import { randomBytes } from 'node:crypto';

/** `kassette-<UTC yyyymmddThhmmssZ>-<4 hex>`: a backup's name, the same on every node. */
const TAG = /^kassette-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{4}$/;

export function newTag(at: Date, random: string = randomBytes(2).toString('hex')): string {
  return `kassette-${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${random}`;
}

/** Only such snapshots are kassette's to remove: users keep their own. */
export function isTag(name: string): boolean {
  return TAG.test(name);
}

/** When the backup began, UTC; null for what is not a tag. */
export function tagTime(tag: string): Date | null {
  const parts = TAG.exec(tag);
  if (parts === null) return null;
  const [, y, mo, d, h, mi, s] = parts;
  return new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** Each once, for people. */
export function tagsOf(parts: readonly { readonly tag: string }[]): string {
  return [...new Set(parts.map((p) => p.tag))].join(', ');
}
