import { hostname } from 'node:os';
import type { PodUser } from '../../../domain/jobs/pod-user.ts';
import type { JobSettings } from '../../../domain/jobs/settings.ts';
import { coldArguments, parseColdAnswer } from '../../../domain/restore/cold-result.ts';
import { CLEANING, READ, STOPPING } from '../../../domain/rights.ts';
import { VERSION } from '../../../domain/version.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { NodeShell } from '../../../ports/node-shell.ts';
import type { Recovery } from '../../../ports/platform/recovery.ts';
import { SYSTEM_CLOCK } from '../../../ports/until.ts';
import { checkRights } from '../client/access.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { cleanJob } from '../jobs/clean-job.ts';
import { jobName, runJob, trialName } from '../jobs/clean-jobs.ts';
import { asItsPods, userOf } from '../jobs/job-pod.ts';
import { tryJob } from '../jobs/try-job.ts';
import { cassandraAddresses, cassandraPods, findClaims, podsWith } from './claims.ts';
import { askedOf, notedUser, startPatch, stopPatch } from './cold-mark.ts';
import type { Found } from './found.ts';
import { patchDatacenter, readDatacenter } from './patch.ts';

/** cass-operator's `server-logs` volume; a start writes far less than that. */
const TAIL = 'tail -c 262144 /var/log/cassandra/system.log';

export interface RecoveryOptions {
  readonly shell: NodeShell;
  /** Of the Jobs; without it that of this pod. */
  readonly image: string | undefined;
  /** For that image's registry, besides those of the datacenter's pods. */
  readonly pullSecrets: readonly string[];
  /** Of the Jobs. */
  readonly settings: JobSettings;
  readonly timeoutMs: number;
  readonly clock?: Clock;
}

/** Stops datacenters by `spec.stopped`, and restores their volumes by Jobs. */
export function kubernetesRecovery(
  connection: Connection,
  found: Found,
  { shell, image, pullSecrets, settings, timeoutMs, clock = SYSTEM_CLOCK }: RecoveryOptions,
): Recovery {
  const { namespace } = connection;
  /** As whom the pods of a datacenter were admitted that this run has seen; what is noted on its object is of another run. */
  const admitted = new Map<string, PodUser>();
  const podsNow = async (name: string) => {
    const pods = await cassandraPods(connection, found.get(name));
    const [user] = pods.map(userOf);
    if (user !== undefined) admitted.set(name, user);
    return pods;
  };
  /** All that is the same for every Job of a datacenter. */
  const common = async (datacenter: string) => {
    const object = found.get(datacenter);
    const pod = asItsPods(object, settings.user ?? admitted.get(datacenter) ?? (object && notedUser(object)));
    return {
      ...pod,
      ...{ namespace, settings },
      image: image ?? (await ownImage(connection)),
      pullSecrets: [...new Set([...pullSecrets, ...(pod.pullSecrets ?? [])])],
    };
  };
  let rights: Promise<void> | undefined;
  const mayStop = () => {
    rights ??= checkRights(connection, Object.values(STOPPING));
    return rights;
  };
  const claimsOf = (datacenter: string) => findClaims(connection, found, { datacenter });
  return {
    async asked({ name }) {
      await mayStop();
      return askedOf(await readDatacenter(connection, name));
    },
    async rehearse({ name }, { signal }) {
      const pods = await podsNow(name);
      const job = cleanJob({
        ...(await common(name)),
        name: trialName(name),
        claim: undefined,
        args: ['--version'],
        readOnly: true,
      });
      await tryJob(connection, job, pods, { signal, timeoutMs, clock });
    },
    async stop(datacenter, stage, confirm) {
      const [user] = (await podsNow(datacenter.name)).map(userOf);
      // Where they are gone, what is noted stays.
      await patchDatacenter(connection, datacenter.name, confirm, (now) => stopPatch(stage, now, user));
    },
    start: (datacenter, end, confirm) =>
      patchDatacenter(connection, datacenter.name, confirm, (now) => startPatch(end, now)),
    async users({ name }) {
      const claims = await claimsOf(name);
      const pods = await Promise.all(claims.map((c) => podsWith(connection, c.name)));
      return [...new Set(pods.flat().map((p) => p.metadata?.name ?? ''))];
    },
    async volumes(of) {
      // Asked for here: a warm restore needs none of these.
      await checkRights(connection, Object.values(CLEANING));
      return 'names' in of ? findClaims(connection, found, of) : claimsOf(of.datacenter);
    },
    async clean(volume, options, report) {
      const { signal } = options;
      const own = await cassandraAddresses(connection);
      const expected = [
        ...(volume.cluster === null ? [] : ['--expect-cluster', volume.cluster]),
        ...(volume.node === null ? [] : ['--expect-node', volume.node]),
        ...(own.length === 0 ? [] : ['--own-address', ...own]),
      ];
      const job = cleanJob({
        ...(await common(volume.datacenter)),
        name: jobName(volume.name),
        claim: volume.name,
        readOnly: options.dryRun,
        args: ['--namespace', namespace, ...expected, ...coldArguments(options)],
      });
      const answer = await runJob(connection, volume, job, { signal, timeoutMs, clock, report });
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

/** Of the pod that this is, so that a hook needs no more settings. */
async function ownImage({ core, namespace, inside }: Connection): Promise<string> {
  const fallback = `kassette:${VERSION}`;
  if (!inside) return fallback;
  const { items } = await call(READ.pods, namespace, () => core.listNamespacedPod({ namespace }));
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
