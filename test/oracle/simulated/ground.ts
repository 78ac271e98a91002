import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { KassetteError } from '../../../src/domain/errors.ts';
import { copyTree, World } from '../../simulation/cluster/world.ts';
import type { Command } from '../../simulation/runs/history.ts';
import { backUp, cleanVolumes, endBackup, restore } from '../../simulation/runs/history.ts';
import type { Disturbance } from '../../simulation/runs/process.ts';
import { alterFile, someBackupFile } from '../backup-file.ts';
import { NODES } from '../draw.ts';
import type { Ended, Ground, OracleCommand } from '../ground.ts';
import type { Action, Copying, Damage, Kill, Plan } from '../plan.ts';
import { perform } from './actions.ts';
import { type Noted, note, unlike } from './noted.ts';
import { createSchema, OWN } from './schema.ts';
import { SimulatedWriter } from './writer.ts';

const RUN = 'oracle';
const FAULTS = {
  kill: 'killed after',
  term: 'stop',
  fail: 'fail',
  late: 'late',
  cut: 'cut',
} as const satisfies Record<Kill['how'], Disturbance['fault']>;

/** A simulated cluster of one datacenter; a new one for each round, which costs nothing. */
export class SimulatedGround implements Ground {
  #world: World | undefined;
  #writer = new SimulatedWriter();
  #remembered: Noted | undefined;
  #marked: Noted | undefined;
  #truncated = new Map<string, Record<string, number>>();
  #mend = () => {};
  cells = 0;

  get world(): World {
    if (this.#world === undefined) throw new Error('No round has begun.');
    return this.#world;
  }

  async begin(plan: Plan): Promise<void> {
    this.end();
    const world = World.make({ dc1: NODES }, { seed: plan.seed });
    this.#world = world;
    if (plan.logsOutside) for (const node of world.cluster.nodes) world.cluster.at(node).moveLogs(true);
    createSchema(world, plan.schema);
    this.#writer = new SimulatedWriter();
  }

  end(): void {
    this.#world?.remove();
    this.#world = undefined;
  }

  async perform(action: Action): Promise<void> {
    perform(this.world, action);
    this.#writer.writeLater(this.world);
  }

  async remember(): Promise<void> {
    this.#remembered = note(this.world);
  }

  async differences(): Promise<readonly string[]> {
    const now = note(this.world);
    this.cells += now.cells;
    return [
      ...unlike(this.#remembered, now),
      ...this.#writer.judge(this.world),
      ...this.world.violations.splice(0),
    ];
  }

  async mark(): Promise<void> {
    this.#marked = this.#isUp() ? note(this.world) : undefined;
  }

  async changes(): Promise<readonly string[]> {
    return this.#marked === undefined || !this.#isUp() ? [] : unlike(this.#marked, note(this.world));
  }

  #isUp(): boolean {
    return this.world.cluster.nodes.every((node) => !this.world.cluster.isStopped(node));
  }

  async startWriter(): Promise<void> {
    this.#writer.start(this.world);
  }

  async stopWriter(): Promise<void> {
    this.#writer.stop();
  }

  async run(command: OracleCommand, args: readonly string[], kill: Kill | null): Promise<Ended> {
    const isBackup = command === 'before-backup';
    if (isBackup) this.#writer.windowBegins(this.world);
    const ended = await this.#run(commandOf(command, args), kill);
    if (isBackup) this.#writer.windowEnds(this.world);
    return ended;
  }

  async #run(command: Command, kill: Kill | null): Promise<Ended> {
    const { world } = this;
    this.#writer.writeDuring(world);
    if (kill === null) return endedOf(await world.run(command), null);
    const at = 1 + Math.floor(kill.at * (await callsOf(world, command)));
    const run = await world.run(command, { fault: FAULTS[kill.how], at });
    return endedOf(run, run.calls[at - 1] ?? null);
  }

  async copy(number: number, how: Copying['how']): Promise<void> {
    const { cluster } = this.world;
    const node = cluster.nodes[number];
    if (node === undefined) return;
    const target = this.#copyOf(node.name);
    copyTree(node.volume, target, [], how === 'cp' ? new NothingRemembered() : undefined);
    this.#truncated.set(node.name, { ...cluster.state.nodes[node.name]?.truncated });
    // Hours lie between two copies.
    cluster.state.nowMs += 3_600_000;
  }

  #copyOf(name: string): string {
    return join(this.world.cluster.home, 'copies', name);
  }

  async putBack(): Promise<void> {
    const { nodes, state } = this.world.cluster;
    for (const node of nodes) {
      rmSync(node.volume, { recursive: true });
      copyTree(this.#copyOf(node.name), node.volume);
      const own = state.nodes[node.name];
      if (own !== undefined) own.truncated = this.#truncated.get(node.name) ?? {};
    }
  }

  async start(): Promise<void> {
    this.world.cluster.restart();
  }

  async allow(): Promise<void> {
    this.world.cluster.state.forbidden = null;
  }

  async damage({ node, how }: Damage): Promise<void> {
    const path = someBackupFile(this.world.cluster.nodes[node]?.volume ?? '', OWN);
    if (path !== null) this.#mend = alterFile(path, how);
  }

  async mend(): Promise<void> {
    this.#mend();
    this.#mend = () => {};
  }

  async leftovers(): Promise<readonly string[]> {
    const { cluster } = this.world;
    return cluster.nodes.flatMap((node) =>
      cluster.tables.flatMap((table) =>
        cluster
          .at(node)
          .unknown(table)
          .map((name) => `${node.name}: ${table.keyspace}.${table.name}: ${name}`),
      ),
    );
  }
}

/** For a copy in which every link is a file of its own. */
class NothingRemembered extends Map<number, string> {
  override get(): undefined {
    return undefined;
  }
}

function commandOf(command: OracleCommand, args: readonly string[]): Command {
  const verify = 'full' as const;
  switch (command) {
    case 'before-backup':
      return backUp({ run: RUN });
    case 'after-backup':
      return endBackup({ run: RUN });
    case 'after-restore': {
      const method = (['warm', 'cold'] as const).find((m) => args.includes(m));
      return restore({ verify, method });
    }
    case 'clean-volume':
      return cleanVolumes({ verify });
  }
}

/** Of an undisturbed run. */
async function callsOf(world: World, command: Command): Promise<number> {
  const copy = world.copy();
  try {
    return (await copy.run(command)).calls.length;
  } finally {
    copy.remove();
  }
}

function endedOf(ending: { readonly kind: string; readonly error?: unknown }, point: string | null): Ended {
  if (ending.kind === 'done') return { kind: 'done', code: null, text: '', point };
  if (ending.kind === 'killed') return { kind: 'killed', code: null, text: '', point };
  const { error } = ending;
  if (error instanceof KassetteError)
    return { kind: 'refused', code: error.code, text: error.message, point };
  return {
    kind: 'refused',
    code: 'INTERNAL',
    text: error instanceof Error ? `${error.stack}` : `${error}`,
    point,
  };
}
