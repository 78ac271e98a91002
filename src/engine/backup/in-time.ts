import { formatBytes, formatSeconds } from '../../domain/amounts.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CksumOptions } from '../../ports/volumes.ts';

/** For what comes after the reading, or for undoing the backup. */
const REST_MS = 60_000;
/** What was measured may have been slow by chance. */
const BENEFIT = 2;

/**
 * Look, after each run that reads files of a node, whether the rest can be read before the run is ended from outside.
 * @param endsAt milliseconds since 1970; without it there is always time
 */
export function inTime(clock: Clock, node: Node, endsAt: number | undefined): Pick<CksumOptions, 'onRest'> {
  if (endsAt === undefined) return {};
  let since = clock.now().getTime();
  return {
    onRest: ({ read, left }) => {
      const now = clock.now().getTime();
      const perSecond = (1000 * read) / (now - since);
      since = now;
      const has = (endsAt - REST_MS - now) / 1000;
      if (left / perSecond > BENEFIT * has) throw tooSlow(node, left, perSecond, (endsAt - now) / 1000);
    },
  };
}

function tooSlow(node: Node, left: number, perSecond: number, has: number): KassetteError {
  return new KassetteError(
    'TIME_LIMIT',
    `${node.name} has ${formatBytes(left)} of indexes, filters and the like without a checksum. At the ${formatBytes(perSecond)} a second that were measured they take about ${formatSeconds(left / perSecond)}, and this run is ended in ${formatSeconds(Math.max(0, has))}.`,
    hint`No backup was made. Checksums are kept, so only the first backup takes so long: run ${kassette('before-backup')} and then ${kassette('after-backup')} once by hand, without \`--time-limit\`. Or allow the hooks more time: Kasten's \`timeout.blueprintHooks\`, and with it \`hookMinutes\` of the Helm chart or \`--hook-minutes\` of ${kassette('manifests')}.`,
  );
}
