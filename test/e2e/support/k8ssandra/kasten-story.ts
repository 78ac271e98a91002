import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import { runProgram } from '../../../../lab/cli.ts';
import type { Bed } from '../../bed/bed.ts';
import type { KubeObject } from '../../bed/k8ssandra/objects.ts';
import type { TestDatacenter } from '../datacenter.ts';
import { KASSETTE_IMAGE } from '../kassette/kassette-image.ts';
import { OWN, serveKastenKinds } from '../kasten/kasten-kinds.ts';
import { type KastenRun, runBackups, runRestore } from '../kasten/kasten-runs.ts';
import {
  backUpVolumes,
  forget,
  type NamespaceBackup,
  restoreVolumes,
  withoutIdentity,
} from '../volumes/volume-snapshots.ts';
import type { RingInNamespaces } from './ring-in-namespaces.ts';

/** What Kasten has of one namespace when its policy has run. */
interface RestorePoint {
  readonly datacenter: TestDatacenter;
  readonly copies: NamespaceBackup;
  /** CassandraDatacenter, and the K8ssandraCluster where it is, without their status. */
  readonly objects: readonly object[];
}

/** One policy on both namespaces, as `kassette policy` prints it, and the restores of what it has made; each hook a pod as Kanister makes it. */
export class KastenStory {
  readonly #bed: Bed;
  readonly #ring: RingInNamespaces;
  readonly #points = new Map<string, RestorePoint>();

  private constructor(bed: Bed, ring: RingInNamespaces) {
    this.#bed = bed;
    this.#ring = ring;
  }

  /** With nothing but what `manifests` and `policy` print. */
  static async begin(bed: Bed, ring: RingInNamespaces): Promise<KastenStory> {
    await serveKastenKinds(bed);
    const story = new KastenStory(bed, ring);
    const { namespace } = ring.one;
    const place = ['--image', KASSETTE_IMAGE, '--datacenter-namespace', namespace];
    for (const printed of [
      await story.#print(['manifests', '--namespace', OWN, ...place]),
      await story.#print(['policy', '--namespace', namespace, '--name', POLICY]),
    ])
      await bed.apply(printed);
    return story;
  }

  /** @param meanwhile before the volumes of a namespace are copied */
  async backUp(meanwhile: (datacenter: TestDatacenter) => Promise<void>): Promise<readonly KastenRun[]> {
    return runBackups(this.#bed, POLICY, async (namespace) => {
      const datacenter = this.#ring.datacenters.find((d) => d.namespace === namespace) ?? assert.fail();
      await meanwhile(datacenter);
      const copies = await backUpVolumes(datacenter);
      this.#points.set(namespace, { datacenter, copies, objects: await this.#objectsOf(datacenter) });
    });
  }

  /** The K8ssandraCluster comes when all else of both namespaces is there. */
  async restore(): Promise<readonly KastenRun[]> {
    const there: Promise<void>[] = [];
    const runs = [...this.#points].toReversed().map(async ([namespace, point]) => {
      const name = await this.#createRestore(namespace);
      const [datacenterOf, ...above] = point.objects;
      return runRestore(this.#bed, name, namespace, async () => {
        const own = restoreVolumes(point.copies, point.datacenter).then(() =>
          this.#bed.apply([datacenterOf ?? assert.fail()]),
        );
        there.push(own);
        await own;
        if (above.length === 0) return;
        await Promise.all(there);
        await this.#ring.startOperator();
        await this.#bed.apply(above);
      });
    });
    const ended = await Promise.all(runs);
    for (const { copies, datacenter } of this.#points.values()) await forget(copies, datacenter);
    return ended;
  }

  async #objectsOf(datacenter: TestDatacenter): Promise<readonly object[]> {
    const get = ['get', 'cassandradatacenter', datacenter.name, '-o', 'json'];
    const own = withoutIdentity(JSON.parse(await datacenter.kubectl(...get)) as object);
    if (datacenter !== this.#ring.one) return [own];
    return [own, withoutIdentity(await this.#ring.read())];
  }

  /** For the restore point that Kasten would have made. */
  async #createRestore(namespace: string): Promise<string> {
    const metadata = { name: 'point-1', namespace };
    await this.#bed.apply([{ apiVersion: 'apps.kio.kasten.io/v1alpha1', kind: 'RestorePoint', metadata }]);
    const args = ['--restore-point', metadata.name, '--for-namespace', namespace];
    const [action] = await this.#print(['policy', '--namespace', this.#ring.one.namespace, ...args]);
    const input = JSON.stringify(action);
    const created = await this.#bed.kubectl(['create', '-o', 'name', '-f', '-'], { input });
    return created.trim().split('/')[1] ?? '';
  }

  async #print(args: readonly string[]): Promise<readonly KubeObject[]> {
    const all = [...args, ...this.#ring.option, '--kubeconfig', this.#bed.kubeconfig];
    const { status, stdout, stderr } = await runProgram(all);
    if (status !== 0) throw new Error(`kassette ${all.join(' ')} ended with ${status}: ${stderr}`);
    return parseAllDocuments(stdout).flatMap((d) => (d.toJS() as KubeObject | null) ?? []);
  }
}

const POLICY = 'both-rings';
