import type { Datacenter, Node } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';
import { called, type K8ssandraSpec } from '../../../domain/k8ssandra/members.ts';
import { joinedRuns } from '../../../domain/last-runs.ts';
import type { Datacenters } from '../../../ports/platform/datacenters.ts';
import type { KastenInspector } from '../../../ports/platform/kasten-inspector.ts';
import type { Recovery } from '../../../ports/platform/recovery.ts';
import { named } from '../datacenters/owners.ts';
import type { NamespaceAdapters } from '../namespace.ts';
import { joinedLease } from './joined-lease.ts';

/**
 * The adapters of several namespaces as those of one place; a datacenter's name says which of them is meant.
 * @param checkRestorable that the operator does not change rows that are being restored
 */
export function joined(
  spec: K8ssandraSpec,
  parts: readonly NamespaceAdapters[],
  checkRestorable: () => Promise<void>,
): NamespaceAdapters {
  const places = new Map(spec.datacenters.map((d) => [d.name, d.namespace]));
  const of = (datacenter: string): NamespaceAdapters => {
    const part = parts.find((p) => p.namespace === places.get(datacenter));
    if (part === undefined)
      throw new KassetteError('INTERNAL', `${called(spec)} has no datacenter ${datacenter}.`, 'Report this.');
    return part;
  };
  const refuseClones = async () => {
    throw refusal(spec, 'reads no clones of volumes');
  };
  return {
    namespace: spec.namespace,
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
    shell: { run: (node, ...rest) => of(node.datacenter).shell.run(node, ...rest) },
    clones: { find: refuseClones, coMount: refuseClones, release: async () => {} },
    recovery: withoutCold(spec, (node) => of(node.datacenter).recovery.log(node)),
    credentials: (datacenters) => of(datacenters[0]?.name ?? '').credentials(datacenters),
    identityOf: (node) => of(node.datacenter).identityOf(node),
  };
}

function joinedDatacenters(spec: K8ssandraSpec, parts: readonly NamespaceAdapters[]): Datacenters {
  return {
    async find(names) {
      const all = (await Promise.all(parts.map((p) => p.datacenters.find([])))).flat();
      checkNodeNames(spec, all);
      const chosen = names.map((name) => objectNamed(spec, parts, name));
      return all
        .filter((d) => chosen.length === 0 || chosen.includes(d.name))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async elsewhere(namespaces) {
      const own = parts.map((p) => p.namespace);
      const distant = await parts[0]?.datacenters.elsewhere(namespaces.filter((n) => !own.includes(n)));
      return (distant ?? []).filter((d) => !own.includes(d.namespace));
    },
  };
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

/** Of one place, with all others beside it. */
function joinedInspectors(
  { namespace, name }: K8ssandraSpec,
  [first, ...others]: readonly KastenInspector[],
): KastenInspector {
  if (first === undefined) throw new KassetteError('INTERNAL', 'No namespace was found.', 'Report this.');
  return { ...first, whole: { cluster: { namespace, name }, others } };
}

/** Own addresses and notes of a cold restore would have to be those of all namespaces. */
function withoutCold(spec: K8ssandraSpec, log: Recovery['log']): Recovery {
  const unavailable = refusal(spec, 'restores nothing cold');
  const refuse = async () => {
    throw unavailable;
  };
  return {
    ...{ asked: refuse, rehearse: refuse, stop: refuse, start: refuse, users: refuse },
    ...{ volumes: refuse, clean: refuse, log, unavailable },
  };
}

function refusal(spec: K8ssandraSpec, what: string): KassetteError {
  return new KassetteError(
    'USAGE',
    `kassette ${what} for a whole ${called(spec)} yet.`,
    'Nothing was changed. docs/how-to/k8ssandracluster.md says what works with `--k8ssandra-cluster`.',
  );
}
