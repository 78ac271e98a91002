import { z } from 'zod';
import { LEASE_NAME, WRITE } from '../../../domain/rights.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import type { CassandraDatacenter } from '../client/resources.ts';
import { COLD_ANNOTATIONS, COLD_REVISION, COLD_STAGE, COLD_USER } from '../datacenters/cold-mark.ts';

/** Of the lease: by the name of each CassandraDatacenter which object it was, and what is noted on it. */
const ANNOTATION = 'kassette/cold-restores';
/** Its holder renews it meanwhile, and runs note themselves on it. */
const ATTEMPTS = 20;

const notes = z.record(
  z.string(),
  z.object({ uid: z.string(), annotations: z.partialRecord(z.enum(COLD_ANNOTATIONS), z.string()) }),
);
type Notes = z.infer<typeof notes>;

type Leases = Pick<Connection, 'coordination' | 'namespace'>;

/**
 * Notes of cold restores that have begun to change volumes, on the lease of their namespace as well: a change of the object above replaces spec, labels
 * and annotations of a CassandraDatacenter as a whole, and no operator reconciles the lease.
 */
export class ColdNotes {
  readonly #leases: Leases;
  /** Of the datacenters that were read: as whom their pods were admitted, where that is noted. */
  readonly #users = new Map<string, string>();

  readonly #isNeeded: boolean;

  /** @param isNeeded whether the run fails where the notes cannot be read: not one that only looks */
  constructor(leases: Leases, isNeeded: boolean) {
    this.#leases = leases;
    this.#isNeeded = isNeeded;
  }

  /** These datacenters with what is noted of them; the newer note counts, and one of another object of that name does not. */
  async on(datacenters: readonly CassandraDatacenter[]): Promise<readonly CassandraDatacenter[]> {
    const noted = await this.#read();
    const all = datacenters.map((d) => withNote(d, noted));
    for (const { metadata } of all) {
      const user = metadata.annotations[COLD_USER];
      if (user !== undefined) this.#users.set(metadata.name, user);
    }
    return all;
  }

  /**
   * That volumes are about to be changed.
   * @param uid of the CassandraDatacenter
   * @param revision at which that began
   */
  async keep(name: string, uid: string, revision: string): Promise<void> {
    const user = this.#users.get(name);
    const annotations = {
      ...{ [COLD_STAGE]: 'changing', [COLD_REVISION]: revision },
      ...(user === undefined ? {} : { [COLD_USER]: user }),
    };
    await this.#change((all) => ({ ...all, [name]: { uid, annotations } }));
  }

  async remove(name: string): Promise<void> {
    await this.#change(({ [name]: _, ...others }) => others);
  }

  /** None where there is no lease yet. */
  async #read(): Promise<Notes> {
    const { coordination, namespace } = this.#leases;
    const read = () => coordination.readNamespacedLease({ namespace, name: LEASE_NAME });
    try {
      const lease = this.#isNeeded ? await call(WRITE.leaseRead, namespace, read) : await read();
      return notesIn(lease.metadata?.annotations?.[ANNOTATION]);
    } catch (error) {
      if (statusOf(error) === 404 || !this.#isNeeded) return {};
      throw error;
    }
  }

  /** Whoever holds the lease goes on holding it. */
  async #change(change: (all: Notes) => Notes): Promise<void> {
    const { coordination, namespace } = this.#leases;
    for (let attempt = 1; ; attempt++) {
      const lease = await call(WRITE.leaseRead, namespace, () =>
        coordination.readNamespacedLease({ namespace, name: LEASE_NAME }),
      );
      const { [ANNOTATION]: text, ...others } = lease.metadata?.annotations ?? {};
      const before = notesIn(text);
      const after = change(before);
      if (JSON.stringify(after) === JSON.stringify(before)) return;
      const kept = Object.keys(after).length === 0 ? {} : { [ANNOTATION]: JSON.stringify(after) };
      const metadata = { ...lease.metadata, annotations: { ...others, ...kept } };
      try {
        await call(WRITE.leaseKeep, namespace, () =>
          coordination.replaceNamespacedLease({ namespace, name: LEASE_NAME, body: { ...lease, metadata } }),
        );
        return;
      } catch (error) {
        if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
      }
    }
  }
}

/** Anything that was not written here is no note. */
function notesIn(text: string | undefined): Notes {
  try {
    return notes.parse(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

function withNote(datacenter: CassandraDatacenter, noted: Notes): CassandraDatacenter {
  const { name, uid, annotations } = datacenter.metadata;
  const note = Object.hasOwn(noted, name) ? noted[name] : undefined;
  if (note === undefined || note.uid !== uid) return datacenter;
  if (generationOf(annotations[COLD_REVISION]) >= generationOf(note.annotations[COLD_REVISION]))
    return datacenter;
  const both = { ...annotations, ...note.annotations };
  return { ...datacenter, metadata: { ...datacenter.metadata, annotations: both } };
}

/** Of `<uid>/<generation>`; before all others where there is none. */
function generationOf(revision: string | undefined): number {
  const generation = Number(revision?.split('/').at(-1) ?? Number.NaN);
  return Number.isNaN(generation) ? -1 : generation;
}
