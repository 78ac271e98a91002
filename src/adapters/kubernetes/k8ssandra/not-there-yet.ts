import { KassetteError, type NothingYet } from '../../../domain/errors.ts';
import { lackingOf } from '../../../domain/k8ssandra/order.ts';
import { parseSaved, type SavedK8ssandra } from '../../../domain/k8ssandra/saved.ts';
import { KEPT } from '../../../domain/rights.ts';
import type { ObjectAbove } from '../../../ports/platform/object-above.ts';
import type { Connection } from '../client/connection.ts';
import { keptObject } from './keep.ts';
import { orderFacts } from './order-facts.ts';
import { sitesOf } from './sites.ts';
import { stateIn } from './spec.ts';

/** A K8ssandraCluster that a restore has yet to bring back: what was kept of it last says what belongs to it. */
export function notThereYet(connection: Connection, name: string, error: NothingYet): ObjectAbove {
  const fail = async () => {
    throw error;
  };
  return {
    ...{ read: fail, keep: fail, now: fail, giveBack: fail },
    async lacking() {
      const saved = await keptIn(connection);
      if (saved === null || saved.name !== name || saved.namespace !== connection.namespace) return null;
      const { spec } = stateIn({ metadata: saved, spec: saved.spec });
      const unknown = spec.datacenters.map((d) => d.name);
      return lackingOf(
        await orderFacts(sitesOf(connection, spec), { object: false, unknown, secrets: saved.secrets }),
      );
    },
  };
}

/** Null where it is not what kassette writes: nothing depends on it. */
async function keptIn(connection: Connection): Promise<SavedK8ssandra | null> {
  const text = await keptObject(connection);
  try {
    return text === null ? null : parseSaved(`ConfigMap ${KEPT.object}`, text);
  } catch (error) {
    if (error instanceof KassetteError) return null;
    throw error;
  }
}
