import type { Clock } from './clock.ts';
import type { Cql } from './cql.ts';
import type { NodeControl } from './node-control.ts';
import type { Datacenters } from './platform/datacenters.ts';
import type { Events } from './platform/events.ts';
import type { KastenInspector } from './platform/kasten-inspector.ts';
import type { Lease } from './platform/lease.ts';
import type { ObjectAbove } from './platform/object-above.ts';
import type { Recovery } from './platform/recovery.ts';
import type { Rewinding } from './platform/rewinding.ts';
import type { RunNotes } from './platform/run-notes.ts';
import type { Progress } from './progress.ts';
import type { VolumeClones } from './volume-clones.ts';
import type { Volumes } from './volumes.ts';

/** Everything outside that a command works with. */
export interface Ports {
  readonly datacenters: Datacenters;
  readonly clones: VolumeClones;
  readonly control: NodeControl;
  readonly cql: Cql;
  readonly volumes: Volumes;
  readonly recovery: Recovery;
  readonly rewinding: Rewinding;
  readonly lease: Lease;
  readonly events: Events;
  readonly runs: RunNotes;
  readonly kasten: KastenInspector;
  readonly progress: Progress;
  readonly clock: Clock;
  /** Where all datacenters of a K8ssandraCluster are meant. */
  readonly above?: ObjectAbove;
}
