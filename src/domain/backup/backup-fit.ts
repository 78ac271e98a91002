import { isOlder } from '../cluster/release.ts';
import { type Cluster, isDatacenterOf } from '../cluster/ring.ts';
import { KassetteError } from '../errors.ts';
import type { Manifest } from './manifest.ts';

/** What of a manifest identifies the node and the backup that it is a part of. */
export type PartHead = Pick<
  Manifest,
  | 'tag'
  | 'cluster'
  | 'node'
  | 'nodes'
  | 'cassandraVersion'
  | 'schemaSha256'
  | 'schemaVersion'
  | 'viewsToRebuild'
>;

/** One node's part of a backup, and the volume or copy that it was found in. */
export interface FoundHead {
  readonly where: string;
  readonly head: PartHead;
}

/**
 * That these parts are one whole backup: of one cluster, each node's exactly once, with one schema, and together the whole
 * ring. Told by what the manifests say, never by names of places. @throws WRONG_CLUSTER, BACKUP_INCOMPLETE
 */
export function checkWhole(parts: readonly FoundHead[]): void {
  const [first] = parts;
  if (first === undefined) return;
  const taken = new Map<string, string>();
  for (const part of parts) {
    checkSameBackup(first, part);
    for (const claim of claimsOf(part.head)) {
      const other = taken.get(claim);
      if (other !== undefined) throw wrong(`${part.where} and ${other} are both ${claim}`);
      taken.set(claim, part.where);
    }
  }
  const missing = first.head.nodes.filter((n) => !taken.has(claimOf(n.hostId)));
  if (missing.length > 0) {
    throw new KassetteError(
      'BACKUP_INCOMPLETE',
      `Backup ${first.head.tag} is not whole: the parts of ${missing.map((n) => n.name).join(', ')} are missing, so rows may be, too.`,
      'Nothing was changed. Provide the volumes or copies of all nodes of the backup.',
    );
  }
}

function checkSameBackup(first: FoundHead, { where, head }: FoundHead): void {
  if (head.cluster !== first.head.cluster) {
    throw wrong(`${where} is of cluster \`${head.cluster}\`, ${first.where} of \`${first.head.cluster}\``);
  }
  if (hostIds(head) !== hostIds(first.head) || head.schemaSha256 !== first.head.schemaSha256) {
    throw wrong(`${where} and ${first.where} are not parts of the same backup`);
  }
  if (head.node.tokens.length === 0) throw wrong(`${where} has no tokens`);
}

const claimOf = (hostId: string) => `of node ${hostId}`;

/** What only one part of a backup can be. */
function claimsOf({ node }: PartHead): readonly string[] {
  return [
    claimOf(node.hostId),
    ...node.tokens.map((token) => `of token ${token} in datacenter ${node.datacenter}`),
  ];
}

/** That the backup may be loaded into this cluster. @throws WRONG_CLUSTER, OLDER_CASSANDRA */
export function checkBelongs(cluster: Cluster, { where, head }: FoundHead): void {
  if (head.cluster !== cluster.name) {
    throw wrong(`${where} is of cluster \`${head.cluster}\`, this is \`${cluster.name}\``);
  }
  const old = [...cluster.members].find(([, m]) => isOlder(m.releaseVersion, head.cassandraVersion));
  if (old === undefined) return;
  throw new KassetteError(
    'OLDER_CASSANDRA',
    `${old[0]} runs Cassandra ${old[1].releaseVersion}; the backup was made by ${head.cassandraVersion}, whose files an older one may not read.`,
    'Nothing was changed. Bring all nodes to that release or a newer one first.',
  );
}

/** Whether the ring is that of the backup, node by node with the same tokens: then each node's own files are all it needs. */
export function isSameRing(cluster: Cluster, parts: readonly FoundHead[]): boolean {
  const members = [...cluster.members.values(), ...cluster.others];
  if (members.length !== parts.length) return false;
  return parts.every(({ head }) => {
    const member = members.find((m) => m.hostId === head.node.hostId);
    return (
      member !== undefined &&
      isDatacenterOf(cluster, member, head.node.datacenter) &&
      member.rack === head.node.rack &&
      member.tokens.length === head.node.tokens.length &&
      head.node.tokens.every((token) => member.tokens.includes(token))
    );
  });
}

function hostIds({ nodes }: PartHead): string {
  return nodes
    .map((n) => n.hostId)
    .toSorted()
    .join();
}

function wrong(what: string): KassetteError {
  return new KassetteError(
    'WRONG_CLUSTER',
    `These are not the parts of one backup of this cluster: ${what}.`,
    'Nothing was changed. Every node of the backup needs exactly one volume, all of the same backup.',
  );
}
