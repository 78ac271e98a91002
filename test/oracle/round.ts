import { NODES } from './draw.ts';
import type { Ended, Ground, OracleCommand } from './ground.ts';
import type { Action, Kill, Plan } from './plan.ts';
import type { Statistics } from './statistics.ts';

/** What a round must not show. */
export class Finding extends Error {
  constructor(what: string, lines: readonly string[] = []) {
    super([what, ...lines.slice(0, SHOWN)].join('\n  '));
  }
}
const SHOWN = 12;

/** Play a plan from the schema to the second comparison. @throws Finding */
export async function playRound(ground: Ground, plan: Plan, statistics: Statistics): Promise<void> {
  const round = new Round(ground, plan, statistics);
  await ground.begin(plan);
  for (const action of plan.workload) await round.perform(action);
  await ground.startWriter();
  await ground.remember();
  await round.toItsEnd('before-backup', RUN, plan.backup.kills);
  await round.harmAndCopy();
  await round.restore();
  await round.compare('after the restore');
  const left = await ground.leftovers();
  if (left.length > 0) throw new Finding('the restore left files:', left);
  for (const action of plan.use) await round.perform(action);
  await round.compare('after use');
  statistics.count('rounds', 'played');
}

const RUN = ['--run', 'oracle'];
const FULL = ['--verify', 'full'];

class Round {
  readonly #ground: Ground;
  readonly #plan: Plan;
  readonly #statistics: Statistics;

  constructor(ground: Ground, plan: Plan, statistics: Statistics) {
    this.#ground = ground;
    this.#plan = plan;
    this.#statistics = statistics;
  }

  async perform(action: Action): Promise<void> {
    this.#statistics.count('actions', action.do);
    await this.#ground.perform(action);
  }

  /** Run a command, disturbed as is planned, then again until it is done. */
  async toItsEnd(command: OracleCommand, args: readonly string[], kills: readonly Kill[]): Promise<void> {
    for (const kill of kills) {
      const ended = await this.#run(command, args, kill);
      // What the hooks of a backup have closed is closed.
      if (ended.kind === 'done') break;
    }
    const ended = await this.#run(command, args, null);
    if (ended.kind === 'done') return;
    // Where all nodes were started since, the volumes may have come with them: the backup is not removed without its name.
    if (command === 'after-backup' && ended.code === 'RESTORE_PENDING' && this.#startsAll()) return;
    throw unexpected(command, ended);
  }

  #startsAll(): boolean {
    const started = this.#plan.harm.flatMap((a) => (a.do === 'restart' ? a.nodes : []));
    return new Set(started).size >= NODES;
  }

  async #run(command: OracleCommand, args: readonly string[], kill: Kill | null): Promise<Ended> {
    const ended = await this.#ground.run(command, args, kill);
    this.#statistics.count(`runs of ${command}`, ended.code ?? ended.kind);
    if (kill !== null && ended.point !== null)
      this.#statistics.count(`${command} disturbed`, `${kill.how} at ${ended.point}`);
    if (ended.code === 'INTERNAL') throw unexpected(command, ended);
    return ended;
  }

  /** Volumes are copied one after the other between what happens to the cluster. */
  async harmAndCopy(): Promise<void> {
    const { copying, harm, backup } = this.#plan;
    const copyAt = async (done: number) => {
      if (copying === null) return;
      for (const [i, node] of copying.order.entries()) {
        if (copying.after[i] !== done) continue;
        this.#statistics.count('copies', copying.how);
        await this.#ground.copy(node, copying.how);
      }
      if (copying.after.at(-1) !== done) return;
      await this.#ground.stopWriter();
      await this.toItsEnd('after-backup', RUN, backup.closing);
    };
    await copyAt(0);
    for (const [i, action] of harm.entries()) {
      await this.perform(action);
      await copyAt(i + 1);
    }
    await this.#ground.stopWriter();
    if (copying !== null) await this.#ground.putBack();
  }

  async restore(): Promise<void> {
    const { method, kills, damage } = this.#plan.restore;
    this.#statistics.count('restores', `${method} ${this.#plan.copying === null ? 'in place' : 'of copies'}`);
    if (damage !== null) await this.#ground.damage(damage);
    if (method === 'volumes') await this.#clean(kills);
    if (this.#plan.copying !== null) await this.#ground.start();
    await this.#untilRestored(method === 'volumes' ? [] : kills);
    // Functions that are there and forbidden would not answer.
    await this.#ground.allow();
  }

  async #clean(kills: readonly Kill[]): Promise<void> {
    for (const kill of kills) await this.#run('clean-volume', FULL, kill);
    let ended = await this.#run('clean-volume', FULL, null);
    if (ended.code === 'FILES_DAMAGED' && this.#plan.restore.damage !== null) {
      await this.#ground.mend();
      ended = await this.#run('clean-volume', FULL, null);
    }
    if (ended.kind === 'done') return;
    if (!this.#plan.logsOutside || ended.code !== 'SYSTEM_TABLES') throw unexpected('clean-volume', ended);
  }

  async #untilRestored(kills: readonly Kill[]): Promise<void> {
    const reasons = reasonsToRefuse(this.#plan);
    let method = this.#plan.restore.method === 'cold' ? ['--method', 'cold'] : [];
    if (reasons.size > 0) await this.#ground.mark();
    // A cold restore that is asked for again has no backup any more.
    if (await this.#endsDisturbed([...method, ...FULL], kills)) return;
    for (;;) {
      const ended = await this.#run('after-restore', [...method, ...FULL], null);
      if (ended.kind === 'done') return;
      if (ended.code === null || !reasons.delete(ended.code)) throw unexpected('after-restore', ended);
      // A run that was disturbed before may have begun already.
      if (kills.length === 0) await this.#assertUnchanged(ended.code);
      if (ended.code === 'SYSTEM_TABLES') method = ['--method', 'warm'];
      else await this.#mend(ended.code);
    }
  }

  /** Whether a restore comes to its end in spite of a disturbance. */
  async #endsDisturbed(args: readonly string[], kills: readonly Kill[]): Promise<boolean> {
    for (const kill of kills) {
      const { kind } = await this.#run('after-restore', args, kill);
      if (kind === 'done') return true;
    }
    return false;
  }

  async #mend(code: string): Promise<void> {
    if (code === 'NOT_CREATABLE') await this.#ground.allow();
    if (code === 'FILES_DAMAGED') await this.#ground.mend();
  }

  async #assertUnchanged(code: string): Promise<void> {
    const changes = await this.#ground.changes();
    if (changes.length > 0) throw new Finding(`the restore was refused (${code}), and changed:`, changes);
  }

  async compare(when: string): Promise<void> {
    const before = this.#ground.cells;
    const found = await this.#ground.differences();
    this.#statistics.count('cells compared', when, this.#ground.cells - before);
    if (found.length > 0) throw new Finding(`the database is not that of the backup ${when}:`, found);
  }
}

/** Codes of errors by which a restore of this plan may rightly say, once each, that it cannot be done as it is. */
function reasonsToRefuse({ harm, logsOutside, restore: { method, damage } }: Plan): Set<string> {
  return new Set([
    ...(damage === null ? [] : ['FILES_DAMAGED']),
    ...(logsOutside && method !== 'warm' ? ['SYSTEM_TABLES'] : []),
    ...(harm.some((a) => a.do === 'forbid') ? ['NOT_CREATABLE'] : []),
  ]);
}

function unexpected(command: OracleCommand, { code, kind, text }: Ended): Finding {
  return new Finding(`${command} ended with ${code ?? kind}: ${text}`);
}
