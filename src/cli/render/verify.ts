import type { VerifiedBackup } from '../../engine/verbs/verify.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

export function renderVerified(result: VerifiedBackup): Rendered {
  const { tag, cluster, cassandraVersion, deep, nodes, tables, sstables, files, bytes, objects, seconds } =
    result;
  const width = Math.max(...nodes.map((n) => n.name.length), 4);
  return {
    text: [
      `backup ${tag} of ${cluster}, Cassandra ${cassandraVersion}, is whole`,
      ...nodes.map((n) => `  ${n.name.padEnd(width)}  host id ${n.hostId}  in ${n.where}`),
      `  ${tables} tables, ${sstables} SSTables, ${files} files, ${formatBytes(bytes)}; ${objects} objects in the schema`,
      deep
        ? '  every Data.db file was read and matches its CRC'
        : '  checked presence, sizes and stored CRCs; --deep reads every file',
      `took ${formatSeconds(seconds)}`,
    ].join('\n'),
    json: result,
  };
}
