import type { Datacenter, RingMember } from './topology.ts';

/** States of a live member that end by themselves. */
const PASSING = ['', 'BOOT', 'BOOT_REPLACE', 'hibernate', 'LEAVING', 'MOVING'];

/** What one look at datacenters saw of nodes that come up. */
export interface Sight {
  readonly datacenters: readonly Datacenter[];
  /** By node name: whether it serves CQL; without those that were not asked. */
  readonly ready: ReadonlyMap<string, boolean>;
  readonly endpoints: readonly RingMember[];
}

/**
 * Whether a wait gets on. A pod that comes as far as it had been before does not count, so that one that starts again and again
 * does not keep anybody waiting; one that took another's place counts when it is ready.
 */
export class Headway {
  readonly #furthest = new Map<string, number>();

  /** Whether anything has come further than at any look before. */
  made(sight: Sight): boolean {
    let further = false;
    for (const [what, steps] of marks(sight)) {
      if (steps <= (this.#furthest.get(what) ?? -1)) continue;
      this.#furthest.set(what, steps);
      further = true;
    }
    return further;
  }
}

function* marks({ datacenters, ready }: Sight): Generator<readonly [what: string, steps: number]> {
  for (const { name, unready, pods = [], nodes } of datacenters) {
    if (unready === null) yield [`datacenter ${name}`, 1];
    for (const pod of pods) {
      yield [`pod ${pod.name}`, pod.steps];
      if (pod.ready) yield [`ready ${pod.name} ${pod.id}`, 1];
    }
    for (const node of nodes) if (ready.get(node.name)) yield [`serving ${node.name} ${node.address}`, 1];
  }
}

/** Whether something is on its way, so that waiting is likely to help: an operator changes the datacenter, or a node comes up. */
export function isComing({ datacenters, endpoints }: Sight): boolean {
  return (
    datacenters.some((d) => d.unready?.atWork || d.pods?.some((p) => p.coming)) ||
    endpoints.some((m) => m.alive && PASSING.includes(m.status))
  );
}
