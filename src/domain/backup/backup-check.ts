import { isOlder } from '../cluster/release.ts';
import { type Cluster, isDatacenterOf, nodeDown, partEndpoints } from '../cluster/ring.ts';
import type { Node, RingMember } from '../cluster/topology.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import { type ManifestFile, matched } from '../sstables/file-list.ts';
import type { Manifest, ManifestTable } from './manifest.ts';

const UNCHANGED = 'Nothing was changed.';

/** That one node's manifest is of this node, ring and cluster. @throws WRONG_CLUSTER, OLDER_CASSANDRA */
export function checkNode(cluster: Cluster, node: Node, manifest: Manifest): void {
  const member = cluster.members.get(node.name);
  if (member === undefined)
    throw new KassetteError('INTERNAL', `${node.name} has no ring member`, 'Report this.');
  const wrong = mismatch(cluster, manifest, member);
  if (wrong !== null) {
    throw new KassetteError(
      'WRONG_CLUSTER',
      `The backup on ${node.name} does not fit: ${wrong}.`,
      `${UNCHANGED} Every node needs the volume that it had, in a ring of the same nodes and tokens.`,
    );
  }
  if (isOlder(member.releaseVersion, manifest.cassandraVersion)) {
    throw new KassetteError(
      'OLDER_CASSANDRA',
      `${node.name} runs Cassandra ${member.releaseVersion}; the backup was made by ${manifest.cassandraVersion}, whose files an older one may not read.`,
      `${UNCHANGED} Bring the datacenter to ${manifest.cassandraVersion} or newer (spec.serverVersion), then run the command again.`,
    );
  }
}

function mismatch(cluster: Cluster, manifest: Manifest, member: RingMember): string | null {
  if (manifest.cluster !== cluster.name) {
    return `it is of cluster \`${manifest.cluster}\`, this is \`${cluster.name}\``;
  }
  if (!isDatacenterOf(cluster, member, manifest.node.datacenter)) {
    return `it is of datacenter \`${manifest.node.datacenter}\`, this is \`${member.datacenter}\``;
  }
  if (manifest.node.hostId !== member.hostId) {
    return `it is of host id ${manifest.node.hostId}, this is ${member.hostId}`;
  }
  if (!sameSet(manifest.node.tokens, member.tokens)) return 'its tokens are not those of the node';
  const ring = new Set([...cluster.members.values(), ...cluster.others].map((m) => m.hostId));
  const gone = manifest.nodes.find((n) => !ring.has(n.hostId));
  if (gone !== undefined)
    return `node ${gone.name} (host id ${gone.hostId}) of the backup is not in the ring`;
  const ours = new Set(manifest.nodes.map((n) => n.hostId));
  const added = [...cluster.members].find(([, m]) => !ours.has(m.hostId));
  return added === undefined ? null : `node ${added[0]} is not in the backup`;
}

/** Of Apache Cassandra: those whose schema, files and management kassette was tested with. */
const KNOWN = ['4.0', '4.1', '5.0'] as const;

/**
 * That kassette knows what the nodes run. Newer releases describe more of a schema (`COMMENT ON`, `SECURITY LABEL`, constraints) and keep it
 * elsewhere: a part of it could be lost without anybody noticing.
 * @throws UNSUPPORTED_SERVER
 */
export function checkReleases(
  members: ReadonlyMap<string, { readonly releaseVersion: string }>,
  unchanged: string,
): void {
  for (const [name, { releaseVersion }] of members) {
    if (
      KNOWN.some((known) => releaseVersion.startsWith(`${known}.`) || releaseVersion.startsWith(`${known}-`))
    )
      continue;
    throw new KassetteError(
      'UNSUPPORTED_SERVER',
      `${name} runs Cassandra ${releaseVersion}; kassette knows ${KNOWN.join(', ')}.`,
      `${unchanged} Use a release of kassette that knows this one.`,
    );
  }
}

/** That a run covers the whole ring: truncating a table removes its rows everywhere, and of a part there is no going back to one moment. */
export function checkWholeRing(cluster: Cluster, verb: 'backup' | 'restore'): void {
  if (cluster.others.length === 0) return;
  const where = [...new Set(cluster.others.map((m) => `${m.address} in datacenter ${m.datacenter}`))].join(
    ', ',
  );
  const [why, way] =
    verb === 'backup'
      ? ['A backup of a part of the ring could not be restored.', 'Back up']
      : ['A restore truncates tables on all of them.', 'Restore'];
  throw new KassetteError(
    'PARTIAL_CLUSTER',
    `Cluster ${cluster.name} has nodes that this run does not cover: ${where}. ${why}`,
    `${UNCHANGED} ${way} all datacenters of the cluster in one run, without \`--datacenter\`. If these nodes are the original and this is a copy of it, delete the copy at once: docs/how-to/restore-into-another-namespace.md.`,
  );
}

/** That no node has moved since, or is on its way. @throws WRONG_CLUSTER, NODE_DOWN */
export function checkSameTokens(before: Cluster, now: Cluster): void {
  for (const [name, member] of now.members) {
    if (!sameSet(before.members.get(name)?.tokens ?? [], member.tokens))
      throw new KassetteError('WRONG_CLUSTER', `The tokens of ${name} have changed.`, UNCHANGED);
    if (member.status === 'MOVING' || member.status === 'LEAVING')
      throw nodeDown(name, `is ${member.status}`);
  }
}

/** That the ring is still the one that was found when the backup began: a node that came since has no part in it. */
export function checkSameRing(cluster: Cluster, endpoints: readonly RingMember[]): void {
  const known = new Set([...cluster.members.values()].map((m) => m.hostId));
  const { ring } = partEndpoints(endpoints);
  const added = ring.find((m) => !known.has(m.hostId));
  const gone = [...known].find((id) => !ring.some((m) => m.hostId === id));
  if (added === undefined && gone === undefined) return;
  const what = added === undefined ? `host id ${gone} is gone` : `${added.address} has joined`;
  throw new KassetteError(
    'PARTIAL_CLUSTER',
    `The ring of cluster ${cluster.name} changed while the backup was made: ${what}.`,
    hint`No backup was made. Run ${kassette('before-backup')} again when no node joins or leaves.`,
  );
}

/** That every file of the manifest is there with its size, and the CRC that Cassandra keeps. @throws FILES_DAMAGED */
export function checkFiles(node: Pick<Node, 'name'>, manifest: Manifest, parts: readonly FoundPart[]): void {
  const found = new Map(parts.map((p) => [p.directory, p.files]));
  const faults: string[] = [];
  for (const table of manifest.tables) {
    for (const part of table.parts) {
      for (const [file, now] of matched(part.files, found.get(part.directory) ?? [])) {
        const fault = faultOf(file, now);
        if (fault !== null) faults.push(`${part.directory}/snapshots/${manifest.tag}/${file.name} ${fault}`);
      }
    }
  }
  if (faults.length > 0) throw damagedFiles(node, faults);
}

/** The same tables with each TOC.txt that has grown as it is by now: its size is that of what is copied and compared. */
export function withTocsAsFound(
  tables: readonly ManifestTable[],
  parts: readonly FoundPart[],
): ManifestTable[] {
  const found = new Map(parts.map((p) => [p.directory, p.files]));
  return tables.map((table) => ({
    ...table,
    parts: table.parts.map((part) => ({
      ...part,
      files: { [Symbol.iterator]: () => asFound(part.files, found.get(part.directory) ?? []) },
    })),
  }));
}

function* asFound(files: Iterable<ManifestFile>, found: Iterable<ManifestFile>): Generator<ManifestFile> {
  for (const [file, now] of matched(files, found)) {
    const hasGrown = file.name.endsWith('-TOC.txt') && now !== undefined && now.bytes !== file.bytes;
    yield hasGrown ? now : file;
  }
}

export interface FoundPart {
  readonly directory: string;
  readonly files: Iterable<ManifestFile>;
}

export function damagedFiles(node: Pick<Node, 'name'>, faults: readonly string[]): KassetteError {
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new KassetteError(
    'FILES_DAMAGED',
    `The backup on ${node.name} is damaged: ${faults[0]}${more}.`,
    `${UNCHANGED} Restore the volumes from another restore point.`,
  );
}

function faultOf(expected: ManifestFile, found: ManifestFile | undefined): string | null {
  if (found === undefined) return 'is missing';
  // Cassandra appends to it, in every snapshot that shares it, when it builds an index.
  const mayHaveGrown = expected.name.endsWith('-TOC.txt') && found.bytes > expected.bytes;
  if (found.bytes !== expected.bytes && !mayHaveGrown)
    return `has ${found.bytes} bytes instead of ${expected.bytes}`;
  if (expected.crc !== undefined && found.crc !== expected.crc) {
    return `has the digest ${found.crc ?? '(none)'} instead of ${expected.crc}`;
  }
  return null;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const set = new Set(a);
  return set.size === new Set(b).size && b.every((x) => set.has(x));
}
