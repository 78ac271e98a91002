import { diagnose } from '../../domain/doctor/diagnose.ts';
import type { DoctorFacts, Look, VolumeFacts } from '../../domain/doctor/facts.ts';
import { unknown, warning } from '../../domain/doctor/finding.ts';
import { jobSettings } from '../../domain/doctor/namespaces/jobs.ts';
import type { ClusterFacts } from '../../domain/doctor/nodes/facts.ts';
import { placesOf } from '../../domain/doctor/places.ts';
import { type ExaminedNamespace, type NamespaceCheck, together } from '../../domain/doctor/several.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { KastenInspector } from '../../ports/platform/kasten-inspector.ts';
import type { Ports } from '../../ports/ports.ts';
import { windowsOf } from '../archive/windows.ts';
import { askClusters } from '../diagnosis/ask-clusters.ts';
import type { CommonOptions } from '../options.ts';
import { backupStatus } from '../volumes/backup-status.ts';
import { type SurveyedDatacenters, surveyDatacenters } from '../volumes/surveys.ts';

export interface DoctorOptions {
  readonly kastenNamespace: string;
  /** Milliseconds; without it what the policy's frequency says. */
  readonly maxAgeMs?: number | undefined;
}

export interface DoctorResult {
  /** Several of a K8ssandraCluster with commas. */
  readonly namespace: string;
  readonly checks: readonly NamespaceCheck[];
}

/** Look at everything that a backup and a restore by Kasten depend on, and say what is wrong; changes nothing. */
export async function doctor(ports: Ports, options: CommonOptions & DoctorOptions): Promise<DoctorResult> {
  const { kasten: first, progress, clock } = ports;
  const { kastenNamespace, maxAgeMs } = options;
  const inspectors = [first, ...(first.whole?.others ?? [])];
  return progress.step('Looking at policies, blueprints and volumes', async () => {
    const looks = inspectors.map(async (i) => ({ inspector: i, kasten: await i.look(kastenNamespace) }));
    const looked = await Promise.all(looks);
    const surveyed = surveyDatacenters(ports, options);
    const common = {
      kastenNamespace,
      volumes: await lookIntoVolumes(ports, surveyed),
      archives: await lookAtArchives(ports, surveyed, options),
      cassandra: await askCassandra(ports, options),
      maxAgeSeconds: maxAgeMs === undefined ? null : maxAgeMs / 1000,
      now: clock.now(),
    };
    const examined = await Promise.all(
      looked.map(({ inspector, kasten }) => examine(inspector, { ...common, kasten })),
    );
    const namespace = examined.map((e) => e.namespace).join(', ');
    return {
      namespace,
      checks: [...together(examined, first.whole?.cluster), ...(await askOperator(ports))],
    };
  });
}

async function examine(
  inspector: KastenInspector,
  seen: Omit<DoctorFacts, 'namespace' | 'places' | 'surroundings'>,
): Promise<ExaminedNamespace> {
  const { namespace } = inspector;
  const facts = { ...seen, namespace };
  const hooks = placesOf(facts);
  const places = await Promise.all(hooks.map((p) => inspector.examine(p)));
  const surroundings = await inspector.surroundings(jobSettings(facts), hooks[0]?.image);
  return { namespace, checks: diagnose({ ...facts, places, surroundings }), kasten: seen.kasten };
}

/** What runs the datacenters may be about to change their rows, and then no restore begins; nothing where nothing runs them. */
async function askOperator({ datacenters }: Ports): Promise<readonly NamespaceCheck[]> {
  if (datacenters.checkRestorable === undefined) return [];
  const check = 'operator';
  try {
    await datacenters.checkRestorable();
    return [{ check, findings: [] }];
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code === 'INTERRUPTED') throw error;
    const level = error.code === 'NOT_READY' ? warning : unknown;
    return [{ check, findings: [level(error.message, error.advice)] }];
  }
}

/** Cassandra may be down; pods that cannot be reached are said. */
async function lookIntoVolumes(
  ports: Ports,
  surveyed: Promise<SurveyedDatacenters>,
): Promise<Look<VolumeFacts>> {
  try {
    const clusters = await backupStatus(ports, await surveyed, { tag: undefined });
    const restored = clusters.flatMap((c) => c.lastRestore?.restoredAt ?? []);
    const withoutNodes = clusters
      .flatMap((c) => c.datacenters)
      .filter((d) => d.nodes === 0)
      .map(({ name, unready, namespace }) => ({
        what: `${name} ${unready ?? 'has none'}`,
        ...(namespace === undefined ? {} : { namespace }),
      }));
    const backups = clusters.flatMap(({ cluster, backups }) => backups.map((b) => ({ ...b, cluster })));
    const directories = clusters.flatMap((c) => c.directories);
    const restoredAt = restored.toSorted().at(-1) ?? null;
    return { value: { backups, restoredAt, withoutNodes, directories } };
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code === 'INTERRUPTED') throw error;
    // Seen, and nothing can be backed up like this.
    if (error.code === 'DATA_DIRECTORY' || error.code === 'UNSUPPORTED_SERVER') {
      const fault = { message: error.message, hint: error.advice };
      return { value: { backups: [], restoredAt: null, faults: [fault] } };
    }
    return { unknown: `The volumes cannot be looked into: ${error.message}` };
  }
}

async function lookAtArchives(
  ports: Ports,
  surveyed: Promise<SurveyedDatacenters>,
  options: CommonOptions,
): Promise<DoctorFacts['archives']> {
  try {
    return { value: await windowsOf(ports, await surveyed, options) };
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code === 'INTERRUPTED') throw error;
    return { unknown: `The volumes cannot be looked into: ${error.message}` };
  }
}

async function askCassandra(ports: Ports, options: CommonOptions): Promise<Look<readonly ClusterFacts[]>> {
  try {
    return { value: await askClusters(ports, options) };
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code === 'INTERRUPTED') throw error;
    return { unknown: `Cassandra was not asked: ${error.message}` };
  }
}
