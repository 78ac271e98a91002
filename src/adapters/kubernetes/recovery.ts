import { hostname } from 'node:os';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { coldArguments, parseColdAnswer } from '../../domain/cold-result.ts';
import { LOOKING, RECOVERING } from '../../domain/rights.ts';
import type { Datacenter } from '../../domain/topology.ts';
import { VERSION } from '../../domain/version.ts';
import type { NodeShell } from '../../ports/node-shell.ts';
import type { Recovery } from '../../ports/recovery.ts';
import { checkRights } from './access.ts';
import { call } from './calls.ts';
import { findClaims, podsWith } from './claims.ts';
import { CASSANDRA_USER, cleanJob, type PodUser } from './clean-job.ts';
import { jobName, runJob } from './clean-jobs.ts';
import { stopPatch } from './cold-mark.ts';
import type { Connection } from './connection.ts';
import type { Found } from './found.ts';
import { type CassandraDatacenter, cassandraDatacenter, DATACENTERS } from './resources.ts';

/** cass-operator's `server-logs` volume; a start tells far less than that. */
const TAIL = 'tail -c 262144 /var/log/cassandra/system.log';

export interface RecoveryOptions {
  readonly shell: NodeShell;
  /** Of the Jobs; without it that of this pod. */
  readonly image: string | undefined;
  readonly timeoutMs: number;
}

/** Stops datacenters by `spec.stopped`, and restores their volumes by Jobs. */
export function kubernetesRecovery(
  connection: Connection,
  found: Found,
  { shell, image, timeoutMs }: RecoveryOptions,
): Recovery {
  const { namespace, objects } = connection;
  const patch = async (
    { name }: Datacenter,
    body: ReturnType<typeof stopPatch>,
    confirm: () => Promise<void>,
  ) => {
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await call(RECOVERING.stop, namespace, async () => {
      await confirm();
      await objects.patchNamespacedCustomObject({ ...DATACENTERS, namespace, name, body }, merge);
    });
  };
  const claimsOf = (datacenter: string) => findClaims(connection, found, { datacenter });
  return {
    async isStopped({ name }) {
      const object: unknown = await call(RECOVERING.read, namespace, () =>
        objects.getNamespacedCustomObject({ ...DATACENTERS, namespace, name }),
      );
      return cassandraDatacenter.parse(object).spec.stopped;
    },
    stop: (datacenter, stage, confirm) => patch(datacenter, stopPatch(stage), confirm),
    start: (datacenter, confirm) => patch(datacenter, stopPatch(null), confirm),
    async users({ name }) {
      const claims = await claimsOf(name);
      const pods = await Promise.all(claims.map((c) => podsWith(connection, c.name)));
      return [...new Set(pods.flat().map((p) => p.metadata?.name ?? ''))];
    },
    async volumes(of) {
      // Asked for here: a warm restore needs none of these.
      await checkRights(connection, Object.values(RECOVERING));
      return 'names' in of ? findClaims(connection, found, of) : claimsOf(of.datacenter);
    },
    async clean(volume, options, tell) {
      const datacenter = found.get(volume.datacenter);
      const { signal } = options;
      const expected = [
        ...(volume.cluster === null ? [] : ['--expect-cluster', volume.cluster]),
        ...(volume.node === null ? [] : ['--expect-node', volume.node]),
      ];
      const job = cleanJob({
        name: jobName(volume.name),
        namespace,
        image: image ?? (await ownImage(connection)),
        claim: volume.name,
        args: ['--namespace', namespace, ...expected, ...coldArguments(options)],
        user: userOf(datacenter),
        tolerations: datacenter?.spec.tolerations ?? [],
      });
      const answer = await runJob(connection, volume.name, job, { signal, timeoutMs, tell });
      return parseColdAnswer(volume.name, answer);
    },
    async log(node) {
      try {
        return (await shell.run(node, TAIL, [])).toString();
      } catch {
        return lastLog(connection, node.name);
      }
    },
  };
}

/** That of the datacenter's pods; cass-operator takes its own only where the whole security context is left to it. */
function userOf(datacenter: CassandraDatacenter | undefined): PodUser {
  const own = datacenter?.spec.podTemplateSpec?.spec?.securityContext ?? {};
  const { runAsUser, runAsGroup, fsGroup } = own;
  const user = runAsUser ?? CASSANDRA_USER.runAsUser;
  const group = runAsGroup ?? CASSANDRA_USER.runAsGroup;
  return { runAsUser: user, runAsGroup: group, fsGroup: fsGroup ?? group };
}

/** Of the pod that this is, so that a hook needs no more settings. */
async function ownImage({ core, namespace, inside }: Connection): Promise<string> {
  const fallback = `kassette:${VERSION}`;
  if (!inside) return fallback;
  const { items } = await call(LOOKING.pods, namespace, () => core.listNamespacedPod({ namespace }));
  const containers = items.find((p) => p.metadata?.name === hostname())?.spec?.containers ?? [];
  return (containers.find((c) => c.name === 'kassette') ?? containers[0])?.image ?? fallback;
}

/** A container that ended cannot be entered; what it printed is kept. */
async function lastLog({ core, namespace }: Connection, name: string): Promise<string> {
  const query = { namespace, name, container: 'cassandra', tailLines: 2000 };
  try {
    return await core.readNamespacedPodLog({ ...query, previous: true });
  } catch {
    return core.readNamespacedPodLog(query).catch(() => '');
  }
}
