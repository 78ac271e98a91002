import { byId, parseSegmentName, type Segment } from './segments.ts';

/** Why an archive has stopped: `SECONDS NAME REASON`, as its own script writes it. A volume is not trusted with a longer one. */
export function reasonOf(stopped: string): string {
  const [reason = ''] = stopped.split('\n');
  const words = reason.split(' ').slice(2).join(' ');
  return words.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 120);
}

/** Where an archive has stopped by itself. */
export interface Stop {
  /** Of the first segment that it did not take; those from there on are deleted as ever, and nothing tells how many there were. */
  readonly id: bigint;
  /** Continues a sentence. */
  readonly why: string;
}

const STOPPED = /^(\d{1,11}) (\S{1,64}) /;

/**
 * From where on an archive has nothing; null where it goes on. On a full volume the file may be there with nothing in it: then that is behind what is archived.
 * @param stopped what its script wrote
 */
export function parseStopped(stopped: string | null, archived: readonly Segment[]): Stop | null {
  if (stopped === null) return null;
  const [, seconds = '', name = ''] = STOPPED.exec(stopped) ?? [];
  const id = parseSegmentName(name);
  if (id !== null) {
    const at = new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
    return { id, why: `its archive stopped at ${at}, before ${name} (${reasonOf(stopped)})` };
  }
  const last = archived.toSorted(byId).at(-1);
  const where = last === undefined ? '' : ` behind ${last.name}`;
  return { id: last === undefined ? 0n : last.id + 1n, why: `its archive has stopped${where}` };
}
