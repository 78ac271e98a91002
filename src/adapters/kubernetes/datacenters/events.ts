import { WRITE } from '../../../domain/rights.ts';
import type { Events, Reason } from '../../../ports/platform/events.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import type { Found } from './found.ts';

const LONGEST_MESSAGE = 1000;

/** Events on the CassandraDatacenters, as `kubectl describe` shows them. */
export function kubernetesEvents(
  connection: Connection,
  found: Found,
  warn: (message: string) => void,
): Events {
  return {
    async report(datacenters, reason, message) {
      try {
        await Promise.all(datacenters.map((d) => create(connection, found, d.name, reason, message)));
      } catch (error) {
        warn(`Event ${reason} was not recorded: ${error instanceof Error ? error.message : error}`);
      }
    },
  };
}

async function create(
  { core, namespace }: Connection,
  found: Found,
  name: string,
  reason: Reason,
  message: string,
): Promise<void> {
  const now = new Date();
  const uid = found.get(name)?.metadata.uid;
  const body = {
    metadata: { generateName: `${name}.kassette-`, namespace },
    involvedObject: {
      apiVersion: 'cassandra.datastax.com/v1beta1',
      kind: 'CassandraDatacenter',
      name,
      namespace,
      ...(uid === undefined ? {} : { uid }),
    },
    reason,
    message: message.slice(0, LONGEST_MESSAGE),
    type: /Failed|Refused/.test(reason) ? 'Warning' : 'Normal',
    source: { component: 'kassette' },
    reportingComponent: 'kassette',
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
  await call(WRITE.events, namespace, () => core.createNamespacedEvent({ namespace, body }));
}
