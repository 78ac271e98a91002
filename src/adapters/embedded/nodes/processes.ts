import { nodePlaces } from './node-places.ts';
import { isOurs, readPid } from './process-identity.ts';

export interface NodeProcesses {
  readonly agent: number | undefined;
  readonly cassandra: number | undefined;
}

/** The processes of a node that run now, known by their pid files and checked by their command lines. */
export function nodeProcesses(directory: string, name: string): NodeProcesses {
  const places = nodePlaces(directory, name);
  const running = (file: string, path: string) => {
    const pid = readPid(file);
    return pid !== undefined && isOurs(pid, path) ? pid : undefined;
  };
  return {
    agent: running(places.agentPid, places.nodeFile),
    cassandra: running(places.cassandraPid, places.configuration),
  };
}
