import { KassetteError } from '../../../src/domain/errors.ts';
import type { HeldLease, Lease } from '../../../src/ports/platform/lease.ts';
import type { Process } from '../runs/process.ts';
import type { Schedule } from '../runs/schedule.ts';

/** How often a holder that lives renews it, and how long one that does not keeps it, milliseconds. */
const RENEW_MS = 5000;
const LEASE_MS = 30_000;

interface Kept {
  readonly version: number;
  readonly holder: Process | null;
}

/** The leases of namespaces as an API server keeps them: only the version that was read is replaced. A process that is gone renews none. */
export class SimulatedLeases {
  readonly #schedule: Schedule;
  readonly #kept = new Map<string, Kept>();

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Of one namespace, for one process; every call is one that others come between, and at which it may be killed. */
  of(namespace: string, process: Process): Lease {
    const api = process.port('lease', {
      read: async () => this.#read(namespace),
      replace: async (seen: Kept, holder: Process | null) => this.#replace(namespace, seen, holder),
    });
    const held: HeldLease = {
      lost: new AbortController().signal,
      confirm: async () => {},
      release: async () => {
        await api.replace(await api.read(), null);
      },
    };
    return {
      acquire: async () => {
        let seen = await api.read();
        if (seen.holder !== null) {
          await this.#schedule.sleep(process, RENEW_MS);
          if (!seen.holder.isGone) throw busy(namespace);
          await this.#schedule.sleep(process, LEASE_MS - RENEW_MS);
          seen = { ...seen, holder: null };
        }
        if (!(await api.replace(seen, process))) throw busy(namespace);
        return held;
      },
    };
  }

  #read(namespace: string): Kept {
    return this.#kept.get(namespace) ?? { version: 0, holder: null };
  }

  #replace(namespace: string, seen: Kept, holder: Process | null): boolean {
    const { version } = this.#read(namespace);
    if (version !== seen.version) return false;
    this.#kept.set(namespace, { version: version + 1, holder });
    return true;
  }
}

const busy = (namespace: string) =>
  new KassetteError('BUSY', `Another kassette run works in namespace ${namespace}.`, 'Wait.');
