import { gossipGenerations } from '../observe/generations.ts';
import type { ConnectedCluster } from '../observe/sessions.ts';
import type { SurveyedNode } from '../observe/surveys.ts';
import type { RestoreOptions } from './options.ts';
import type { RestoredCluster } from './running.ts';

/**
 * Whether this very restore was done before, so that a hook that is run again changes nothing. It was where its backup is
 * gone (without --tag: any backup) and every node has the record of the same restore and has not been started since; a
 * volume that was restored after that has been, and must not be taken for a database that is in order.
 */
export async function alreadyRestored(
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  options: RestoreOptions,
): Promise<RestoredCluster | null> {
  const isMeant = (tag: string) => options.tag === undefined || tag === options.tag;
  if (surveys.some((s) => s.survey.backups.some((b) => isMeant(b.tag)))) return null;
  const records = surveys.map((s) => s.survey.restored?.value ?? null);
  const [first] = records;
  if (first === undefined || first === null) return null;
  if (options.tag !== undefined && options.tag !== first.tag) return null;
  const generations = await gossipGenerations(session, cluster, options.concurrency);
  const same = surveys.every((s, i) => {
    const record = records[i];
    return record?.tag === first.tag && record.gossipGeneration === generations.get(s.node.name);
  });
  if (!same) return null;
  const { tag, tables, files, bytes, restoredAt, method } = first;
  return {
    cluster: cluster.name,
    tag,
    outcome: 'unchanged',
    tables,
    files,
    bytesLinked: bytes,
    bytesCopied: 0,
    why: `it was restored before, at ${restoredAt}${method === 'cold' ? ', cold' : ''}`,
    cold: null,
    writtenTo: [],
    plan: null,
  };
}
