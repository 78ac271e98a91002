import { randomBytes } from 'node:crypto';
import { RefusedStatement } from '../../domain/errors.ts';
import { knownObstacles, type Obstacle, refuseFor } from '../../domain/restore/creatable.ts';
import {
  isRehearsalName,
  planRehearsals,
  type Rehearsal,
  rehearsalName,
} from '../../domain/restore/rehearsal.ts';
import type { PlannedStatement } from '../../domain/restore/restore-plan.ts';
import { quote } from '../../domain/schema/cql-text.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { SchemaSettings } from '../../domain/schema/schema-settings.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { untilNot } from '../../ports/until.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { waitForAgreement } from './agreement.ts';

interface Rehearsed extends ConnectedCluster {
  /** The target schema. */
  readonly saved: Schema;
  readonly live: Schema;
  readonly settings: SchemaSettings;
  /** Keyspaces that a killed run has rehearsed in. */
  readonly rehearsals: readonly string[];
}

/**
 * Create in a keyspace of its own all that the plan creates, and drop it again: what Cassandra does not accept, for whatever reason, is
 * known before anything is dropped or truncated. Statements that give permissions are not tried: roles have no other place.
 * @throws NOT_CREATABLE with every reason
 */
export async function rehearse(
  ports: Ports,
  facts: Rehearsed,
  creates: readonly PlannedStatement[],
  options: CommonOptions,
): Promise<void> {
  if (facts.rehearsals.length > 0) await dropRehearsals(ports, facts, facts.rehearsals, options);
  const known = knownObstacles(creates, facts.saved, facts.settings);
  const rehearsals = planRehearsals({ ...facts, creates }, () =>
    rehearsalName(randomBytes(8).toString('hex')),
  );
  const refused = rehearsals.length === 0 ? [] : await tryAll(ports, facts, rehearsals, options);
  const isNews = ({ object }: Obstacle) => !known.some((k) => k.object === object);
  refuseFor([...known, ...refused.filter(isNews)]);
}

async function tryAll(
  ports: Ports,
  connected: ConnectedCluster,
  rehearsals: readonly Rehearsal[],
  options: CommonOptions,
): Promise<readonly Obstacle[]> {
  const total = rehearsals.reduce((sum, { steps }) => sum + steps.length, 0);
  return ports.progress.step('Rehearsing what is created', async (report) => {
    let done = 0;
    const obstacles: Obstacle[] = [];
    const count = () => report.count(++done, total);
    // One keyspace at a time: what is rehearsed lives beside what is there.
    for (const rehearsal of rehearsals)
      await thenDrop(ports, connected, rehearsal, options, async () => {
        obstacles.push(...(await tryOne(connected.session, rehearsal, options, count)));
      });
    return obstacles;
  });
}

/** Where something that is needed could not be made, a refusal may come of that alone, and is none. */
async function tryOne(
  session: CqlSession,
  { keyspace, name, steps }: Rehearsal,
  { signal }: CommonOptions,
  count: () => void,
): Promise<readonly Obstacle[]> {
  const missing = new Set<string>();
  const obstacles: Obstacle[] = [];
  for (const { object, statement, instead, needs, planned } of steps) {
    signal.throwIfAborted();
    const why = await refusalOf(session, statement);
    count();
    if (why === null) continue;
    const isReason = planned && !needs.some((n) => missing.has(n));
    if (isReason) obstacles.push({ object, why: why.replaceAll(name, keyspace), way: null });
    if (instead === null || (await refusalOf(session, instead)) !== null) missing.add(object);
  }
  return obstacles;
}

async function refusalOf(session: CqlSession, statement: string): Promise<string | null> {
  try {
    await session.change(statement);
    return null;
  } catch (error) {
    if (error instanceof RefusedStatement) return error.why;
    throw error;
  }
}

/** Whatever comes of the work, even where the run was asked to stop. */
async function thenDrop(
  ports: Ports,
  connected: ConnectedCluster,
  { name }: Rehearsal,
  options: CommonOptions,
  work: () => Promise<void>,
): Promise<void> {
  const clear = () => dropRehearsals(ports, connected, [name], options);
  try {
    await work();
  } catch (error) {
    // The first failure says more; the next run drops what is left.
    await clear().catch(() => {});
    throw error;
  }
  await clear();
}

/** Cassandra keeps directories of dropped tables, and makes automatic snapshots even of empty ones: they go when all nodes have dropped them. */
export async function dropRehearsals(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  names: readonly string[],
  options: CommonOptions,
): Promise<void> {
  for (const name of names) await dropWhole(ports, session, name, options);
  const unstopped = { ...options, signal: new AbortController().signal };
  await waitForAgreement(ports, cluster, unstopped);
  const live = [...(await session.tableIds()).keys()].map((table) => table.split('.')[0] ?? '');
  const stay = [...new Set(live)].filter(isRehearsalName);
  await each(cluster.nodes, (node) => ports.volumes.removeRehearsals(node, stay), unstopped);
}

/** How many time limits a node may drop tables for, one after the other, before the run gives up. */
const PATIENCE = 4;
const POLL_MS = 1000;

/** A keyspace of many tables may take longer than the limit of a statement. The node goes on by itself, and is asked again. */
async function dropWhole(
  { clock }: Pick<Ports, 'clock'>,
  session: CqlSession,
  name: string,
  { timeoutMs }: CommonOptions,
): Promise<void> {
  const isYet = (error: unknown) => !(error instanceof RefusedStatement);
  const drop = () => session.change(`DROP KEYSPACE IF EXISTS ${quote(name)}`);
  await untilNot(isYet, { every: POLL_MS, within: PATIENCE * timeoutMs, clock }, drop);
}
