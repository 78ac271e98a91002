import { join } from 'node:path';

/** The places of one node's files; only `volume` holds data. */
export function nodePlaces(directory: string, name: string) {
  const home = join(directory, 'nodes', name);
  return {
    home,
    configuration: join(home, 'conf'),
    logs: join(home, 'logs'),
    run: join(home, 'run'),
    volume: join(home, 'volume'),
    nodeFile: join(home, 'node.json'),
    agentPid: join(home, 'run', 'agent.pid'),
    cassandraPid: join(home, 'run', 'cassandra.pid'),
  } as const;
}
