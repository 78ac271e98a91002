import { damagedFiles } from '../../domain/backup/backup-check.ts';
import type { Manifest } from '../../domain/backup/manifest.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { addSizes, type TableSize } from '../../domain/restore/restore-plan.ts';
import { parseSchema } from '../../domain/schema/schema.ts';
import { withoutChecksum } from '../../domain/sstables/checksums.ts';
import { isIndexComponent } from '../../domain/sstables/sstable.ts';
import { type Toc, tocsOf } from '../../domain/sstables/sstable-check.ts';
import type { Ports } from '../../ports/ports.ts';
import { batchesOf, each } from '../each.ts';
import { type ReadingOptions, type SourceOptions, type TimeLimitOption, withEnd } from '../options.ts';
import { type Readings, type TakenOver, withReadings } from '../reading/readings.ts';
import { checkPart } from '../volumes/check-part.ts';
import { releasingClones } from '../volumes/clones.ts';
import { findSource, readPart, type SourcePart } from '../volumes/find-source.ts';
import { surveyAll } from '../volumes/surveys.ts';

export interface VerifyOptions extends SourceOptions, TimeLimitOption, ReadingOptions {
  /** Read every file through and every list of components. */
  readonly deep: boolean;
}

export interface VerifiedBackup {
  readonly tag: string;
  readonly cluster: string;
  readonly cassandraVersion: string;
  readonly deep: boolean;
  /** Where each node's part was found. */
  readonly nodes: readonly { readonly name: string; readonly hostId: string; readonly where: string }[];
  readonly tables: number;
  readonly sstables: number;
  readonly files: number;
  /** Those of which the backup has no checksum: it was made by an older kassette. */
  readonly sizeOnly: number;
  readonly bytes: number;
  /** What runs that were interrupted have read, and this one has not; null where there is nothing. */
  readonly takenOver: TakenOver | null;
  /** Objects of the saved schema. */
  readonly objects: number;
  readonly seconds: number;
}

/**
 * Whether a backup is whole: one part of each node with its marker, manifest and schema, together all tokens of the ring;
 * every file there with its size and Cassandra's own CRC; the schema understood. Works with Cassandra down: it looks at
 * files only. @throws what a restore would refuse it with
 */
export async function verify(ports: Ports, given: VerifyOptions): Promise<VerifiedBackup> {
  const options = withEnd(given, ports);
  return releasingClones(ports, () =>
    withReadings(ports, 'verify', options, (readings) => verifyFound(ports, readings, options)),
  );
}

async function verifyFound(
  ports: Ports,
  readings: Readings,
  options: VerifyOptions,
): Promise<VerifiedBackup> {
  const started = ports.clock.now();
  const datacenters = await ports.datacenters.find(options.datacenters);
  const nodes = datacenters.flatMap((d) => d.nodes);
  const surveys = await ports.progress.step('Looking for backups', () =>
    surveyAll(ports, nodes, options.concurrency),
  );
  const source = await findSource(ports, surveys, options);
  const objects = parseSchema(source.schema).length;
  const sizes = new Map<string, TableSize>();
  let sizeOnly = 0;
  await ports.progress.step(options.deep ? 'Reading every SSTable' : 'Checking files', async (report) => {
    let done = 0;
    const check = async (part: SourcePart) => {
      options.signal.throwIfAborted();
      const { contents, manifest } = await readPart(ports, part, source.tag);
      checkPart(part.node, manifest, contents);
      if (options.deep) {
        await readings.check(part.node, { manifest, parts: contents.parts }, contents.manifest);
        await checkTocs(ports, part.node, manifest, options.signal);
      }
      addSizes(sizes, manifest);
      sizeOnly += withoutChecksum(manifest);
      report.count(++done, source.parts.length);
    };
    await each(source.parts, check, options);
  });
  await readings.end();
  const [first] = source.parts;
  const sum = (of: (s: TableSize) => number) => [...sizes.values()].reduce((n, s) => n + of(s), 0);
  return {
    tag: source.tag,
    cluster: first?.head.cluster ?? '',
    cassandraVersion: first?.head.cassandraVersion ?? '',
    deep: options.deep,
    nodes: source.parts.map(({ where, head }) => ({ name: head.node.name, hostId: head.node.hostId, where })),
    ...{ tables: sizes.size, sstables: sum((s) => s.sstables), files: sum((s) => s.files) },
    sizeOnly,
    bytes: sum((s) => s.bytes),
    takenOver: readings.takenOver,
    objects,
    seconds: (ports.clock.now().getTime() - started.getTime()) / 1000,
  };
}

/** Every SSTable against the list of components that Cassandra wrote with it. */
async function checkTocs(ports: Ports, node: Node, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const faults: string[] = [];
  for (const tocs of batchesOf(tocsOf(manifest), TOCS_AT_ONCE, (toc) => toc.bytes)) {
    signal.throwIfAborted();
    faults.push(...(await faultsOf(ports, node, tocs)));
  }
  if (faults.length > 0) throw damagedFiles(node, faults);
}

/** Each is a process of its own in the container, and all are held at a time. */
const TOCS_AT_ONCE = { items: 2000, weight: 8 * 1024 ** 2 };

/** What these lists of components name and what is not there. */
async function faultsOf({ volumes }: Ports, node: Node, tocs: readonly Toc[]): Promise<readonly string[]> {
  const texts = await volumes.readSegments(
    node,
    tocs.map(({ path, bytes }) => ({ path, offset: 0, bytes })),
  );
  let at = 0;
  return tocs.flatMap(({ path, bytes, components }) => {
    // An index adds its own when it is built, and is dropped without being struck from the list.
    const listed = texts
      .subarray(at, at + bytes)
      .toString()
      .split('\n')
      .filter(Boolean);
    at += bytes;
    return listed
      .filter((c) => !components.has(c) && !isIndexComponent(c))
      .map((c) => `${path} lists ${c}, which is missing`);
  });
}
