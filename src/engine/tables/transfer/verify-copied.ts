import { damagedFiles } from '../../../domain/backup/backup-check.ts';
import type { Node } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';
import { contentFault } from '../../../domain/sstables/checksums.ts';
import type { FileToCopy } from '../../../domain/transfer/transfer.ts';
import type { Ports } from '../../../ports/ports.ts';
import { checksumsOf } from '../../reading/checksums.ts';
import type { CheckedPart } from '../facts.ts';

/** Every file: against its manifest, or against what it was copied from where that has no checksum of it. */
export async function verifyCopied(
  ports: Pick<Ports, 'volumes'>,
  node: Node,
  part: Pick<CheckedPart, 'node'>,
  files: readonly FileToCopy[],
): Promise<void> {
  const others = files.filter((f) => f.checksum === null);
  const [here, there] = await Promise.all([
    sumUp(ports, node, files, 'to'),
    sumUp(ports, part.node, others, 'from'),
  ]);
  const wrong = files.filter((f) => here.get(f) !== (f.checksum?.value ?? there.get(f)));
  const [first] = wrong;
  if (first === undefined) return;
  // What is wrong here must not be taken for arrived by the next run.
  await ports.volumes.stage(
    node,
    wrong.map((f) => ({ path: f.to, offset: 0, bytes: 0 })),
    Buffer.alloc(0),
  );
  await checkSource(ports, part.node, first);
  throw new KassetteError(
    'NODE_SHELL',
    `${first.to} on ${node.name} is not what was copied from ${part.node.name}.`,
    'Nothing live was changed. Look for disk errors on that node, then run the command again: it copies that file again.',
  );
}

/** @throws FILES_DAMAGED where the backup itself is not what its manifest says */
async function checkSource(ports: Pick<Ports, 'volumes'>, source: Node, file: FileToCopy): Promise<void> {
  if (file.checksum === null) return;
  const found = (await sumUp(ports, source, [file], 'from')).get(file);
  const fault = contentFault({ path: file.from, ...file.checksum }, found);
  if (fault !== null) throw damagedFiles(source, [fault]);
}

async function sumUp(
  { volumes }: Pick<Ports, 'volumes'>,
  node: Node,
  files: readonly FileToCopy[],
  end: 'from' | 'to',
): Promise<ReadonlyMap<FileToCopy, string | undefined>> {
  const sums = new Map<FileToCopy, string | undefined>();
  const summable = files.map((file) => ({
    ...{ file, path: file[end], bytes: file.bytes, kind: file.checksum?.kind ?? ('cksum' as const) },
  }));
  for await (const [{ file }, sum] of checksumsOf(volumes, node, summable)) sums.set(file, sum);
  return sums;
}
