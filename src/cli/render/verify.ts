import type { VerifiedBackup } from '../../engine/verbs/verify.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

export function renderVerified(result: VerifiedBackup): Rendered {
  const { tag, cluster, cassandraVersion, deep, nodes, seconds } = result;
  const { tables, sstables, files, sizeOnly, bytes, takenOver, objects } = result;
  const width = Math.max(...nodes.map((n) => n.name.length), 4);
  return {
    text: [
      `backup ${tag} of ${cluster}, Cassandra ${cassandraVersion}, is whole`,
      ...nodes.map((n) => `  ${n.name.padEnd(width)}  host id ${n.hostId}  in ${n.where}`),
      `  ${tables} tables, ${sstables} SSTables, ${files} files, ${formatBytes(bytes)}; ${objects} objects in the schema`,
      deep ? `  ${readText(sizeOnly)}` : '  checked presence, sizes and stored CRCs; --deep reads every file',
      ...(takenOver === null ? [] : [`  ${takenOverText(takenOver)}`]),
      `took ${formatSeconds(seconds)}`,
    ].join('\n'),
    json: result,
  };
}

function takenOverText({ files, bytes, since }: NonNullable<VerifiedBackup['takenOver']>): string {
  return `of these, ${files} files with ${formatBytes(bytes)} were read since ${since} by runs that were interrupted`;
}

function readText(sizeOnly: number): string {
  if (sizeOnly === 0) return 'every file was read and matches its checksum';
  return `every Data.db file was read and matches its CRC; ${sizeOnly} files of which the backup has no checksum are checked by size only`;
}
