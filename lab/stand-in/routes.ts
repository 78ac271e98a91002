import type { Route } from './route.ts';
import { COMPACTION_ROUTES } from './routes/compaction.ts';
import { KEYSPACE_ROUTES } from './routes/keyspaces.ts';
import { LIFECYCLE_ROUTES } from './routes/lifecycle.ts';
import { METADATA_ROUTES } from './routes/metadata.ts';
import { NODE_ROUTES } from './routes/node.ts';
import { REPLAY_ROUTES } from './routes/replay.ts';
import { ROLE_ROUTES } from './routes/roles.ts';
import { SNAPSHOT_ROUTES } from './routes/snapshots.ts';

const ROUTES: ReadonlyMap<string, Route> = new Map(
  [
    ...LIFECYCLE_ROUTES,
    ...METADATA_ROUTES,
    ...SNAPSHOT_ROUTES,
    ...KEYSPACE_ROUTES,
    ...COMPACTION_ROUTES,
    ...NODE_ROUTES,
    ...ROLE_ROUTES,
    ...REPLAY_ROUTES,
  ].map((route) => [`${route.method} ${route.path}`, route]),
);

/** Those that the management API serves with a method that nothing here needs. */
const OTHER_METHODS = ['/api/v0/ops/node/compaction', '/api/v0/lifecycle/configure'];
const PATHS = new Set([...OTHER_METHODS, ...[...ROUTES.values()].map((route) => route.path)]);

/** Whether the path is served, though not with the method that was asked for: only for a path without a route of that method. */
export function isOtherMethod(path: string): boolean {
  return PATHS.has(path);
}

export function findRoute(method: string, path: string): Route | undefined {
  return ROUTES.get(`${method} ${path}`);
}
