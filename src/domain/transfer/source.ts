import { isTag } from '../backup/tag.ts';

/** Where the backup is that tables come back from. */
export type Source =
  /** Still in the nodes' own volumes. */
  { readonly kind: 'backup'; readonly tag: string } | CloneSource;

/** Copies of the nodes' volumes beside the live ones. */
export type CloneSource =
  /** Claims whose names end in one of these, as Volume Clone Restores of Kasten make them: that of each namespace may have its own. */
  | { readonly kind: 'clones'; readonly suffixes: readonly string[] }
  /** A directory with a copy of each node's volume, for embedded clusters. */
  | { readonly kind: 'path'; readonly directory: string };

/** What the name of a claim can end with. */
const SUFFIX = /^[-.a-z0-9]*[a-z0-9]$/;

/** `backup:TAG`, `clones:SUFFIX[,SUFFIX...]` or `path:DIR`; null for anything else. */
export function parseSource(text: string): Source | null {
  const [, kind, rest = ''] = /^(backup|clones|path):(.+)$/s.exec(text) ?? [];
  if (kind === 'backup') return isTag(rest) ? { kind, tag: rest } : null;
  if (kind === 'clones') {
    const suffixes = rest.split(',');
    return suffixes.every((s) => SUFFIX.test(s)) ? { kind, suffixes } : null;
  }
  return kind === 'path' ? { kind, directory: rest } : null;
}

export function showSource(source: Source): string {
  if (source.kind === 'backup') return `backup:${source.tag}`;
  return source.kind === 'clones' ? `clones:${source.suffixes.join(',')}` : `path:${source.directory}`;
}
