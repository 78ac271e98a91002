import type { Datacenter, Node } from '../../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../../domain/errors.ts';
import { isAcross, notAcross } from '../../../../domain/k8ssandra/contexts.ts';
import { called, type K8ssandraSpec } from '../../../../domain/k8ssandra/members.ts';
import { joinedRuns } from '../../../../domain/last-runs.ts';
import type { Datacenters } from '../../../../ports/platform/datacenters.ts';
import type { KastenInspector } from '../../../../ports/platform/kasten-inspector.ts';
import type { ColdVolume, Recovery } from '../../../../ports/platform/recovery.ts';
import { named } from '../../datacenters/owners.ts';
import type { NamespaceAdapters } from '../../namespace.ts';
import { clustersOf, siteAt } from '../sites.ts';
import { JoinedClones } from './clones.ts';
import { joinedLease } from './lease.ts';

/**
 * The adapters of several namespaces as those of one place; a datacenter's name says which of them is meant.
 * @param checkRestorable that the operator does not change rows that are being restored
 */
export function joined(
  spec: K8ssandraSpec,
  parts: readonly NamespaceAdapters[],
  checkRestorable: () => Promise<void>,
  warn: (message: string) => void,
): NamespaceAdapters {
  const of = (datacenter: string): NamespaceAdapters => {
    const place = spec.datacenters.find((d) => d.name === datacenter);
    const part = place === undefined ? undefined : siteAt(parts, place);
    if (part === undefined)
      throw new KassetteError('INTERNAL', `${called(spec)} has no datacenter ${datacenter}.`, 'Report this.');
    return part;
  };
  const clones = new JoinedClones(parts, of, warn);
  return {
    ...{ namespace: spec.namespace, k8sContext: undefined, reachedBy: undefined },
    found: new Map(),
    datacenters: { ...joinedDatacenters(spec, parts), checkRestorable },
    lease: joinedLease(parts),
    events: {
      async report(datacenters, reason, message) {
        await Promise.all(datacenters.map((d) => of(d.name).events.report([d], reason, message)));
      },
    },
    runs: {
      async last() {
        const all = await Promise.all(parts.map((p) => p.runs.last()));
        const known = all.flatMap((runs) => (runs === null ? [] : [runs]));
        return known.length === 0 ? null : joinedRuns(known);
      },
      async note(run) {
        await Promise.all(parts.map((p) => p.runs.note(run)));
      },
    },
    kasten: joinedInspectors(
      spec,
      parts.map((p) => p.kasten),
    ),
    shell: clones.shell,
    clones,
    recovery: joinedRecovery(spec, parts, of),
    credentials: (datacenters) => of(datacenters[0]?.name ?? '').credentials(datacenters),
    identityOf: (node) => of(node.datacenter).identityOf(node),
  };
}

function joinedDatacenters(spec: K8ssandraSpec, parts: readonly NamespaceAdapters[]): Datacenters {
  return {
    async find(names) {
      const all = await findAll(parts);
      checkNodeNames(spec, all);
      const chosen = names.map((name) => objectNamed(spec, parts, name));
      return all
        .filter((d) => chosen.length === 0 || chosen.includes(d.name))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async elsewhere(namespaces) {
      const distant = clustersOf(parts).map(async ({ k8sContext, datacenters }) => {
        const isOwn = (namespace: string) => siteAt(parts, { namespace, k8sContext }) !== undefined;
        const found = await datacenters.elsewhere(namespaces.filter((n) => !isOwn(n)));
        return found.filter((d) => !isOwn(d.namespace));
      });
      return (await Promise.all(distant)).flat();
    },
  };
}

/** Each place is waited for, so that what is there is known; what is not there is said only where nothing else has failed. */
async function findAll(parts: readonly NamespaceAdapters[]): Promise<readonly Datacenter[]> {
  const results = await Promise.allSettled(parts.map((p) => p.datacenters.find([])));
  const reasons: readonly unknown[] = results.flatMap((r) => (r.status === 'rejected' ? [r.reason] : []));
  const isMissing = (error: unknown) => error instanceof KassetteError && error.code === 'NOT_FOUND';
  if (reasons.length > 0) throw reasons.find((r) => !isMissing(r)) ?? reasons[0];
  return results.flatMap((r) => (r.status === 'fulfilled' ? r.value : []));
}

function objectNamed(spec: K8ssandraSpec, parts: readonly NamespaceAdapters[], name: string): string {
  const object = named(
    parts.flatMap((p) => [...p.found.values()]),
    name,
  );
  if (object !== undefined) return object.metadata.name;
  const there = spec.datacenters.map((d) => d.name).join(', ');
  throw new KassetteError(
    'NOT_FOUND',
    `${called(spec)} has no datacenter \`${name}\`; it has: ${there}.`,
    'Nothing was changed. Check `--datacenter`.',
  );
}

/** A pod's name is unique in its namespace; volumes and journals of several are told apart by it. */
function checkNodeNames(spec: K8ssandraSpec, datacenters: readonly Datacenter[]): void {
  const seen = new Map<string, Node>();
  for (const node of datacenters.flatMap((d) => d.nodes)) {
    const other = seen.get(node.name);
    if (other !== undefined)
      throw new KassetteError(
        'CLUSTER_ELSEWHERE',
        `Datacenters ${other.datacenter} and ${node.datacenter} of ${called(spec)} both have a pod ${node.name}.`,
        'Nothing was changed. Name datacenters and racks so that no two pods have one name.',
      );
    seen.set(node.name, node);
  }
}

/** Of one place, with all others beside it. Kasten works in one Kubernetes, and cannot back up a ring that is in several. */
function joinedInspectors(
  spec: K8ssandraSpec,
  [first, ...others]: readonly KastenInspector[],
): KastenInspector {
  const { namespace, name } = spec;
  if (first === undefined) throw new KassetteError('INTERNAL', 'No namespace was found.', 'Report this.');
  if (isAcross(spec)) {
    const look = async () => {
      throw notAcross(
        spec,
        'doctor does not look at how Kasten is set up',
        'Kasten works in one Kubernetes: back up by hand.',
      );
    };
    return { ...first, look };
  }
  return { ...first, whole: { cluster: { namespace, name }, others } };
}

/** Each datacenter's own; a claim's name says which namespace is meant as long as one of them has it. */
function joinedRecovery(
  spec: K8ssandraSpec,
  parts: readonly NamespaceAdapters[],
  of: (datacenter: string) => NamespaceAdapters,
): Recovery {
  const places = new WeakMap<ColdVolume, NamespaceAdapters>();
  const placed = async (part: NamespaceAdapters, which: Parameters<Recovery['volumes']>[0]) => {
    const volumes = await part.recovery.volumes(which);
    for (const volume of volumes) places.set(volume, part);
    return volumes;
  };
  return {
    asked: (datacenter) => of(datacenter.name).recovery.asked(datacenter),
    rehearse: (datacenter, options) => of(datacenter.name).recovery.rehearse(datacenter, options),
    stop: (datacenter, ...rest) => of(datacenter.name).recovery.stop(datacenter, ...rest),
    start: (datacenter, ...rest) => of(datacenter.name).recovery.start(datacenter, ...rest),
    users: (datacenter) => of(datacenter.name).recovery.users(datacenter),
    async volumes(which) {
      if ('datacenter' in which) {
        const { datacenter: name } = which;
        const isDeclared = spec.datacenters.some((d) => d.name === name);
        return placed(of(isDeclared ? name : objectNamed(spec, parts, name)), which);
      }
      const found = await Promise.all(which.names.map((name) => claimIn(spec, parts, name, placed)));
      return found.flat();
    },
    clean: (volume, ...rest) => (places.get(volume) ?? of(volume.datacenter)).recovery.clean(volume, ...rest),
    log: (node) => of(node.datacenter).recovery.log(node),
  };
}

/** The claim of this name, in whichever namespace it is. @throws NO_VOLUME; USAGE where several have it */
async function claimIn(
  spec: K8ssandraSpec,
  parts: readonly NamespaceAdapters[],
  name: string,
  placed: (
    part: NamespaceAdapters,
    which: { readonly names: readonly string[] },
  ) => Promise<readonly ColdVolume[]>,
): Promise<readonly ColdVolume[]> {
  const found: (readonly ColdVolume[])[] = [];
  let missing: unknown;
  for (const part of parts) {
    try {
      found.push(await placed(part, { names: [name] }));
    } catch (error) {
      if (!(error instanceof KassetteError) || error.code !== 'NO_VOLUME') throw error;
      missing = error;
    }
  }
  if (found.length > 1)
    throw new KassetteError(
      'USAGE',
      `Several namespaces of ${called(spec)} have a claim ${name}.`,
      'Nothing was changed. Restore all volumes of the datacenter at once: name it with `--datacenter`.',
    );
  if (found.length === 0) throw missing;
  return found[0] ?? [];
}
