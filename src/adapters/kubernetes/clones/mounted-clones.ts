import type { Node } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';
import type { OwnPod } from '../client/exec-shell.ts';
import type { CloneClaim } from './clone-claims.ts';
import { USED } from './clone-job.ts';
import type { StartedPod } from './clone-pods.ts';

/** A clone and the pod that mounts it. */
export interface MountedClone {
  readonly claim: CloneClaim;
  readonly node: Node;
  readonly started: StartedPod;
  /** The live node whose volume that pod mounts, too, and the machine where both are. */
  readonly met?: { readonly node: string; readonly machine: string };
  /** Why the pod was removed during its work. */
  readonly lost?: string;
}

/** Which pod serves which clone now, by the clone's name: shared by those who start pods and those who run scripts in them. */
export class MountedClones extends Map<string, MountedClone> {
  /** Undefined for what is no clone. @throws NODE_SHELL where its pod was given up */
  podOf(name: string): OwnPod | undefined {
    const clone = this.get(name);
    if (clone?.lost !== undefined) {
      throw new KassetteError(
        'NODE_SHELL',
        `${name} is no longer mounted: ${clone.lost}.`,
        'Nothing live was changed. When the datacenter is ready again, run the command again: it continues with the files that are already there.',
      );
    }
    return clone && { name: clone.started.pod, used: USED };
  }
}
