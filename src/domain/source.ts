import { isTag } from './tag.ts';

/** Where the backup is that tables come back from. */
export type Source =
  /** Still in the nodes' own volumes. */
  | { readonly kind: 'backup'; readonly tag: string }
  /** A directory with a copy of each node's volume, for embedded clusters. */
  | { readonly kind: 'path'; readonly directory: string };

/** `backup:TAG` or `path:DIR`; null for anything else. */
export function parseSource(text: string): Source | null {
  const [, kind, rest = ''] = /^(backup|path):(.+)$/s.exec(text) ?? [];
  if (kind === 'backup') return isTag(rest) ? { kind, tag: rest } : null;
  return kind === 'path' ? { kind, directory: rest } : null;
}

export function showSource(source: Source): string {
  return source.kind === 'backup' ? `backup:${source.tag}` : `path:${source.directory}`;
}
