import { formatBytes } from '../../amounts.ts';
import { isCramped } from '../../restore/space.ts';
import type { DoctorFacts } from '../facts.ts';
import { type Finding, orElse, warning } from '../finding.ts';

/** Whether a copy of a volume that loses hard links has room for the next backup beside the live data. */
export function checkCopies({ cassandra }: Pick<DoctorFacts, 'cassandra'>): readonly Finding[] {
  const sizes = orElse(cassandra, []).flatMap((c) => c.sizes);
  const small = sizes.filter(({ liveBytes, freeBytes }) => isCramped({ sharedBytes: liveBytes, freeBytes }));
  if (small.length === 0) return [];
  const each = small.map(
    (s) => `${s.node} (${formatBytes(s.liveBytes)} live, ${formatBytes(s.freeBytes)} free)`,
  );
  return [
    warning(
      `A copy that is made file by file and loses hard links has the live data twice, as they are and in the backup: the volumes of ${each.join(', ')} are too small for it. Snapshots of volumes are not concerned.`,
      'Enlarge the volumes, or have Kasten copy them by volume snapshots.',
    ),
  ];
}
