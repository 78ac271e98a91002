import { isDeepStrictEqual } from 'node:util';
import type { Kind, KubeObject, ObjectApi } from '../../e2e/bed/k8ssandra/objects.ts';

/** Objects as an API server keeps them: versions, generations, finalizers, owners. */
export class ObjectStore implements ObjectApi {
  readonly #kept = new Map<string, KubeObject>();
  #serial = 0;

  /** @throws Error `AlreadyExists` */
  async create(kind: Kind, object: KubeObject): Promise<KubeObject> {
    const key = keyOf(kind, object.metadata.namespace, object.metadata.name);
    if (this.#kept.has(key)) throw new Error(`AlreadyExists: ${key}`);
    return this.#keep(key, {
      ...object,
      metadata: { ...object.metadata, uid: `uid-${++this.#serial}`, generation: 1 },
    });
  }

  async get(kind: Kind, namespace: string, name: string): Promise<KubeObject | null> {
    return structuredClone(this.#kept.get(keyOf(kind, namespace, name)) ?? null);
  }

  async list(kind: Kind, labels: Readonly<Record<string, string>>): Promise<readonly KubeObject[]> {
    const all = [...this.#kept].filter(([key]) => key.startsWith(`${kind} `)).map(([, object]) => object);
    return structuredClone(
      all.filter((o) => Object.entries(labels).every(([k, v]) => o.metadata.labels?.[k] === v)),
    );
  }

  async replace(kind: Kind, object: KubeObject): Promise<KubeObject> {
    const key = keyOf(kind, object.metadata.namespace, object.metadata.name);
    const before = this.#expected(key, object);
    const { uid = '', generation = 1, deletionTimestamp } = before.metadata;
    const changed = isDeepStrictEqual(object.spec, before.spec) ? generation : generation + 1;
    const deleting = deletionTimestamp === undefined ? {} : { deletionTimestamp };
    const metadata = { ...object.metadata, ...deleting, uid, generation: changed };
    const { status } = before;
    const after = { ...object, metadata, ...(status === undefined ? {} : { status }) };
    if (deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) {
      this.#kept.delete(key);
      return after;
    }
    return this.#keep(key, after);
  }

  async replaceStatus(kind: Kind, object: KubeObject): Promise<KubeObject> {
    const key = keyOf(kind, object.metadata.namespace, object.metadata.name);
    const before = this.#expected(key, object);
    const { status = {} } = object;
    return this.#keep(key, { ...before, status });
  }

  async delete(kind: Kind, namespace: string, name: string): Promise<void> {
    const key = keyOf(kind, namespace, name);
    const object = this.#kept.get(key);
    if (object === undefined) return;
    if ((object.metadata.finalizers ?? []).length === 0) this.#kept.delete(key);
    else this.#keep(key, { ...object, metadata: { ...object.metadata, deletionTimestamp: 'now' } });
  }

  /** What has an owner that is not there, or not there any more, goes, as some seconds later. */
  collectGarbage(): void {
    const uids = new Set([...this.#kept.values()].map((o) => o.metadata.uid));
    for (const [key, { metadata }] of this.#kept) {
      const owners = metadata.ownerReferences ?? [];
      if (owners.length > 0 && !owners.some((o) => uids.has(o.uid))) this.#kept.delete(key);
    }
  }

  get keys(): readonly string[] {
    return [...this.#kept.keys()].toSorted();
  }

  #expected(key: string, { metadata }: KubeObject): KubeObject {
    const before = this.#kept.get(key);
    if (before === undefined) throw new Error(`NotFound: ${key}`);
    const { resourceVersion } = metadata;
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw new Error(`Conflict: ${key}`);
    return before;
  }

  #keep(key: string, object: KubeObject): KubeObject {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#serial) };
    const kept = structuredClone({ ...object, metadata });
    this.#kept.set(key, kept);
    return structuredClone(kept);
  }
}

const keyOf = (kind: Kind, namespace: string, name: string) => `${kind} ${namespace}/${name}`;
