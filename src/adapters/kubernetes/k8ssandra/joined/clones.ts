import type { Node } from '../../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../../domain/errors.ts';
import { type Location, locationText } from '../../../../domain/k8ssandra/locations.ts';
import type { CloneSource } from '../../../../domain/transfer/source.ts';
import type { NodeShell } from '../../../../ports/node-shell.ts';
import type { VolumeClones } from '../../../../ports/volume-clones.ts';
import { noClones } from '../../clones/clones.ts';
import type { NamespaceAdapters } from '../../namespace.ts';

type Part = Pick<NamespaceAdapters, keyof Location | 'clones' | 'shell'>;

/** A clone, and the namespace that its claim and the pod that mounts it are in. */
interface Placed {
  readonly part: Part;
  readonly copy: Node;
}

/**
 * Clones in several namespaces: a claim is mounted in its own alone, by pods that run there. Each is called `namespace/claim`, in
 * another Kubernetes `k8sContext/namespace/claim`, since two namespaces may have claims of one name.
 */
export class JoinedClones implements VolumeClones {
  readonly #parts: readonly Part[];
  readonly #of: (datacenter: string) => Part;
  readonly #warn: (message: string) => void;
  readonly #placed = new Map<string, Placed>();

  /** @param of the namespace of a datacenter */
  constructor(parts: readonly Part[], of: (datacenter: string) => Part, warn: (message: string) => void) {
    this.#parts = parts;
    this.#of = of;
    this.#warn = warn;
  }

  async find(from: CloneSource, live: readonly Node[], signal: AbortSignal): Promise<readonly Node[]> {
    const looks = this.#parts.map((part) =>
      lookIn(
        part,
        from,
        live.filter((n) => this.#of(n.datacenter) === part),
        signal,
      ),
    );
    // Removing what was begun must not race with the rest of it.
    await Promise.allSettled(looks);
    const found = await Promise.all(looks);
    const placed = found.flatMap((f) => (f instanceof KassetteError ? [] : f));
    const missing = found.filter((f) => f instanceof KassetteError);
    const [first, ...others] = this.#parts;
    if (placed.length === 0 && from.kind === 'clones' && first !== undefined)
      throw noClones([first, ...others], from.suffixes);
    // Those of others may be enough: what is in them decides.
    for (const { message } of missing) this.#warn(message);
    return placed.map(({ part, copy }) => {
      const name = [part.k8sContext, part.namespace, copy.name].filter((n) => n !== undefined).join('/');
      this.#placed.set(name, { part, copy });
      return { ...copy, name };
    });
  }

  async coMount(copy: Node, live: Node, signal: AbortSignal): Promise<string | null> {
    const placed = this.#placed.get(copy.name);
    const part = this.#of(live.datacenter);
    if (placed?.part !== part)
      return `Only pods of its own namespace mount a claim, and ${live.name} is in ${locationText(part)}.`;
    return part.clones.coMount(placed.copy, live, signal);
  }

  async release(): Promise<void> {
    this.#placed.clear();
    await Promise.all(this.#parts.map((p) => p.clones.release()));
  }

  /** Of nodes, and of clones by the pods that mount them. */
  readonly shell: NodeShell = {
    run: (node, ...rest) => {
      const placed = this.#placed.get(node.name);
      if (placed === undefined) return this.#of(node.datacenter).shell.run(node, ...rest);
      return placed.part.shell.run({ ...node, name: placed.copy.name }, ...rest);
    },
  };
}

/** Answers why there is none where that is so. */
async function lookIn(
  part: Part,
  from: CloneSource,
  live: readonly Node[],
  signal: AbortSignal,
): Promise<readonly Placed[] | KassetteError> {
  try {
    return (await part.clones.find(from, live, signal)).map((copy) => ({ part, copy }));
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code !== 'NO_VOLUME') throw error;
    return error;
  }
}
