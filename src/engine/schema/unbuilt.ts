import type { Ports } from '../../ports/ports.ts';

/** A restore puts back what there was of such views, and Cassandra takes them for built. */
export function warnOfUnbuilt(ports: Ports, tag: string, views: ReadonlySet<string>): void {
  if (views.size === 0) return;
  ports.progress.warn(
    `Still being built when backup ${tag} was made: ${[...views].toSorted().join(', ')}. Rows are missing there: drop such a view afterwards and recreate it.`,
  );
}
