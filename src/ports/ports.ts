import type { Clock } from './clock.ts';
import type { Copies } from './copies.ts';
import type { Cql } from './cql.ts';
import type { Datacenters } from './datacenters.ts';
import type { Events } from './events.ts';
import type { Lease } from './lease.ts';
import type { NodeControl } from './node-control.ts';
import type { Progress } from './progress.ts';
import type { Protection } from './protection.ts';
import type { Recovery } from './recovery.ts';
import type { Volumes } from './volumes.ts';

/** Everything outside that a command works with. */
export interface Ports {
  readonly datacenters: Datacenters;
  readonly copies: Copies;
  readonly control: NodeControl;
  readonly cql: Cql;
  readonly volumes: Volumes;
  readonly recovery: Recovery;
  readonly lease: Lease;
  readonly events: Events;
  readonly protection: Protection;
  readonly progress: Progress;
  readonly clock: Clock;
}
