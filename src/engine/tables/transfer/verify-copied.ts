import { damagedFiles } from '../../../domain/backup/backup-check.ts';
import type { Node } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';
import type { FileToCopy } from '../../../domain/transfer/transfer.ts';
import type { Ports } from '../../../ports/ports.ts';
import type { CheckedPart } from '../facts.ts';

/** Every file: a Data.db against its manifest, the others against what they were copied from. */
export async function verifyCopied(
  ports: Ports,
  node: Node,
  part: CheckedPart,
  files: readonly FileToCopy[],
): Promise<void> {
  const others = files.filter((f) => f.crc === undefined);
  const [here, there] = await Promise.all([
    ports.volumes.checksums(
      node,
      files.map((f) => f.to),
    ),
    ports.volumes.checksums(
      part.node,
      others.map((f) => f.from),
    ),
  ]);
  const sourceSums = new Map(others.map((f, i) => [f.to, there[i]]));
  const wrong = files.filter((f, i) => here[i] !== (f.crc ?? sourceSums.get(f.to)));
  const [first] = wrong;
  if (first === undefined) return;
  // What is wrong here must not be taken for arrived by the next run.
  await ports.volumes.stage(
    node,
    wrong.map((f) => ({ path: f.to, offset: 0, bytes: 0 })),
    Buffer.alloc(0),
  );
  const [source] = await ports.volumes.checksums(part.node, [first.from]);
  if (first.crc !== undefined && source !== first.crc) {
    throw damagedFiles(part.node, [`${first.from} has the CRC-32 ${source} instead of ${first.crc}`]);
  }
  throw new KassetteError(
    'NODE_SHELL',
    `${first.to} on ${node.name} is not what was copied from ${part.node.name}.`,
    'Nothing live was changed. Look for disk errors on that node, then run the command again: it copies that file again.',
  );
}
