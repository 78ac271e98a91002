import { KassetteError, type NothingYet } from '../../../domain/errors.ts';
import { lackingOf } from '../../../domain/k8ssandra/order.ts';
import { parseSaved, type SavedK8ssandra } from '../../../domain/k8ssandra/saved.ts';
import { KEPT_BEFORE, keptNames } from '../../../domain/rights.ts';
import type { ObjectAbove } from '../../../ports/platform/object-above.ts';
import type { Connection } from '../client/connection.ts';
import { keptText } from './keep.ts';
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
      const saved = await keptOf(connection, name);
      if (saved === null) return null;
      const { spec } = stateIn({ metadata: saved, spec: saved.spec });
      const unknown = spec.datacenters.map((d) => d.name);
      return lackingOf(
        await orderFacts(sitesOf(connection, spec), { object: false, unknown, secrets: saved.secrets }),
      );
    },
  };
}

/** What was kept of this K8ssandraCluster, by this build or by one from before, which kept one in a namespace. */
async function keptOf(connection: Connection, name: string): Promise<SavedK8ssandra | null> {
  for (const configMap of [keptNames(name).object, KEPT_BEFORE]) {
    const saved = await keptIn(connection, configMap);
    if (saved?.name === name && saved.namespace === connection.namespace) return saved;
  }
  return null;
}

/** Null where it is not what kassette writes: nothing depends on it. */
async function keptIn(connection: Connection, configMap: string): Promise<SavedK8ssandra | null> {
  const text = await keptText(connection, configMap);
  try {
    return text === null ? null : parseSaved(`ConfigMap ${configMap}`, text);
  } catch (error) {
    if (error instanceof KassetteError) return null;
    throw error;
  }
}
