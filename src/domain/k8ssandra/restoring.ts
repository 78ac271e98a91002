import { KassetteError } from '../errors.ts';
import { type Hint, hint, kassette, kubectl } from '../hint.ts';
import { flagsTo, type Location, locationText } from './locations.ts';
import { called, type K8ssandraSpec } from './members.ts';

/** What a K8ssandraCluster says of itself, by now. */
export interface K8ssandraState {
  readonly spec: K8ssandraSpec;
  /** The datacenter that is to be rebuilt (`k8ssandra.io/rebuild-dc`); null where none is. */
  readonly rebuilds: string | null;
  /** Names in `status.datacenters`: those that are no news to the operator. */
  readonly known: readonly string[];
  /** As in its status. */
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
  /** Why the operator does not get further, in its words; null where it does. */
  readonly error: string | null;
}

/** A CassandraTask that rebuilds a datacenter and has not ended. */
export interface RebuildTask extends Location {
  readonly name: string;
}

/** Annotation by which the operator has a datacenter rebuilt from another one. */
export const REBUILD = 'k8ssandra.io/rebuild-dc';

const STREAMS = 'A rebuild streams live rows of another datacenter over restored ones.';

/**
 * That the operator does not have a datacenter rebuilt while it is restored, nor is about to. It has every datacenter rebuilt that is not in the
 * status while another one is, and alters the replication of system keyspaces to those that are. @throws NOT_READY
 */
export function refuseRebuild(state: K8ssandraState, tasks: readonly RebuildTask[]): void {
  refuseUnderway(state, tasks);
  refuseUnknown(state);
}

/** The datacenters of the spec that the operator takes for new. A single one is adopted as it is. */
export function unknownTo({ spec, known }: K8ssandraState): readonly string[] {
  return spec.datacenters.length === 1
    ? []
    : spec.datacenters.map((d) => d.name).filter((name) => !known.includes(name));
}

/** That no rebuild goes on, or was asked for. @throws NOT_READY */
export function refuseUnderway({ spec, rebuilds }: K8ssandraState, tasks: readonly RebuildTask[]): void {
  const { name, namespace } = spec;
  const [task] = tasks;
  if (task !== undefined)
    throw refused(
      `CassandraTask ${task.name} in ${locationText(task)} rebuilds a datacenter of ${called(spec)}. ${STREAMS}`,
      hint`Nothing was changed. Wait for its end, or delete it with ${kubectl('delete', 'cassandratask', task.name, ...flagsTo(task))}, after the annotation ${REBUILD} of the K8ssandraCluster.`,
    );
  if (rebuilds !== null)
    throw refused(
      `${called(spec)} has its datacenter ${rebuilds} rebuilt (annotation ${REBUILD}). ${STREAMS}`,
      hint`Nothing was changed. If ${rebuilds} is restored, remove the annotation with ${kubectl('annotate', 'k8ssandracluster', name, '--namespace', namespace, `${REBUILD}-`)}; then run the command again. If it is a new datacenter, wait for the end of its rebuild.`,
    );
}

function refuseUnknown(state: K8ssandraState): void {
  const { name, namespace } = state.spec;
  const unknown = unknownTo(state);
  if (unknown.length === 0) return;
  throw refused(
    `The status of ${called(state.spec)} does not have ${unknown.join(', ')}: k8ssandra-operator takes ${unknown.length === 1 ? 'it' : 'them'} for new. It alters the replication of system keyspaces, and has new datacenters rebuilt. ${STREAMS}`,
    hint`Nothing was changed. ${kassette('after-restore')} writes back what the backup in the volumes has kept of it, for datacenters that have all nodes of the backup. Where that has nothing, and the objects were restored, write the saved status.datacenters back, only of datacenters that the spec declares: ${kubectl('patch', 'k8ssandracluster', name, '--namespace', namespace, '--subresource', 'status', '--type', 'merge', '--patch-file', 'FILE')}. Then change any annotation of the object, so that the operator looks at it.`,
  );
}

const refused = (message: string, advice: Hint) => new KassetteError('NOT_READY', message, advice);
