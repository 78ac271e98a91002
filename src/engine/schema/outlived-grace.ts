import { tagTime } from '../../domain/backup/tag.ts';
import { outlivedGrace } from '../../domain/restore/gc-grace.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import { firstFew } from '../../domain/sentence.ts';
import type { Ports } from '../../ports/ports.ts';

const DAY_S = 86_400;

/** @param saved what is restored */
export function warnOfOutlivedGrace(ports: Ports, tag: string, saved: Schema): void {
  const now = ports.clock.now();
  const age = (now.getTime() - (tagTime(tag) ?? now).getTime()) / 1000;
  const tables = outlivedGrace(saved, age);
  if (tables.length === 0) return;
  ports.progress.warn(
    `Backup ${tag} is ${Math.floor(age / DAY_S)} days old, more than gc_grace_seconds of ${firstFew(tables)}. A deletion that had not reached all replicas by then can be undone by the next compaction. Run a full repair (nodetool repair -full) of these tables right after the restore.`,
  );
}
