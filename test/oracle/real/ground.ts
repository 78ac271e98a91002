import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareAnswers } from '../../../lab/dataset/compare/answers.ts';
import { compareData, describeDifferences } from '../../../lab/dataset/compare/compare.ts';
import { compareReplicas } from '../../../lab/dataset/compare/replicas.ts';
import { define } from '../../../lab/dataset/define.ts';
import { type BackupWindow, checkLive } from '../../../lab/dataset/live-check.ts';
import { load } from '../../../lab/dataset/load.ts';
import { type Dataset, quoted } from '../../../lab/dataset/model.ts';
import { compareSchema } from '../../../lab/dataset/schema/schema-record.ts';
import { type LiveWriter, liveWriter } from '../../../lab/dataset/writer.ts';
import { storageOf } from '../../../lab/lab.ts';
import { copyTree } from '../../../lab/volume-copies.ts';
import { readSuperuser } from '../../../src/adapters/embedded/cluster-file.ts';
import { automaticSnapshots, leftovers } from '../../cluster/support/contents/leftovers.ts';
import { type DatabaseState, recordState } from '../../cluster/support/contents/state.ts';
import { alterFile, someBackupFile } from '../backup-file.ts';
import type { Ended, Ground, OracleCommand } from '../ground.ts';
import type { Action, Copying, Damage, Kill, Plan } from '../plan.ts';
import { perform, SETTINGS } from './actions.ts';
import { OracleCluster } from './cluster.ts';
import { runDisturbed } from './run-disturbed.ts';
import { datasetOf, OWN } from './schema.ts';

const run = promisify(execFile);
/** The keyspace that clients write to while a backup is made. */
const LIVE = 'live';
const WRITES_PER_SECOND = 40;
const EMPTY: Dataset = { keyspaces: [], roles: [] };

/** Three real nodes, which stay over many rounds as long as none fails. */
export class RealGround implements Ground {
  #on: OracleCluster | undefined;
  #dataset = EMPTY;
  #writer: LiveWriter | undefined;
  #window: BackupWindow = { start: 0, end: 0 };
  #remembered: DatabaseState | undefined;
  #marked: DatabaseState | undefined;
  #forbidden = false;
  #mend = () => {};
  cells = 0;

  get on(): OracleCluster {
    if (this.#on === undefined) throw new Error('No round has begun.');
    return this.#on;
  }

  async begin(plan: Plan): Promise<void> {
    this.#on ??= await OracleCluster.open();
    const { on } = this;
    await this.#clear();
    await on.moveLogs(plan.logsOutside);
    this.#dataset = datasetOf(plan.schema);
    await load(on.client, this.#dataset, storageOf(on.cluster));
  }

  /** Whatever the last round has left. */
  async #clear(): Promise<void> {
    const { on } = this;
    const { rows } = await on.client.execute('SELECT keyspace_name FROM system_schema.keyspaces');
    const names = rows
      .map((row): string => row.get('keyspace_name'))
      .filter((name) => !/^system(_auth|_distributed|_schema|_traces)?$/.test(name));
    await define(
      on.client,
      names.map((name) => `DROP KEYSPACE ${quoted(name)}`),
    );
    await rm(this.#copies, { recursive: true, force: true });
    for (const node of on.nodes) {
      await rm(join(node.volume, 'kassette/strays'), { recursive: true, force: true });
      for (const path of await automaticSnapshots(node))
        await rm(join(node.volume, path), { recursive: true, force: true });
    }
  }

  async end(): Promise<void> {
    await this.#writer?.stop();
    await this.#on?.close();
    this.#on = undefined;
    this.#writer = undefined;
    this.#forbidden = false;
  }

  async perform(action: Action): Promise<void> {
    if (action.do === 'forbid') this.#forbidden = SETTINGS[action.what] !== null;
    await perform(this.on, action);
  }

  async remember(): Promise<void> {
    await this.on.settle();
    this.#remembered = await this.#record();
  }

  #record(): Promise<DatabaseState> {
    const { client, cluster } = this.on;
    return recordState(client, this.#dataset, readSuperuser(cluster.file).username, LIVE);
  }

  async differences(): Promise<readonly string[]> {
    const { client } = this.on;
    // Before anything reads at ALL, which repairs what differs.
    const agreement = await compareReplicas(client, { include: (keyspace) => keyspace !== LIVE });
    const now = await this.#record();
    const replicas =
      agreement.outcome === 'agree' ? [] : ['replicas:', ...linesOf(describeDifferences(agreement))];
    return [...replicas, ...this.#unlike(this.#remembered, now), ...(await this.#liveFaults())];
  }

  async #liveFaults(): Promise<readonly string[]> {
    if (this.#writer === undefined) return [];
    const { missing, tooNew, altered } = await checkLive(this.on.client, this.#writer.writes(), this.#window);
    return [...missing, ...tooNew, ...altered];
  }

  #unlike(expected: DatabaseState | undefined, actual: DatabaseState): readonly string[] {
    if (expected === undefined) return ['nothing was remembered'];
    const data = compareData(expected.data, actual.data);
    this.cells += data.cells;
    return [
      ...linesOf(describeDifferences(data)),
      ...compareSchema(expected.schema, actual.schema).map((d) => JSON.stringify(d)),
      ...compareAnswers(expected.answers, actual.answers).map((d) => JSON.stringify(d)),
    ];
  }

  async mark(): Promise<void> {
    this.#marked = await this.#record();
  }

  async changes(): Promise<readonly string[]> {
    return this.#unlike(this.#marked, await this.#record());
  }

  async startWriter(): Promise<void> {
    this.#writer = liveWriter(this.on.client, { writesPerSecond: WRITES_PER_SECOND });
    await this.#writer.start();
  }

  async stopWriter(): Promise<void> {
    await this.#writer?.stop();
  }

  async run(command: OracleCommand, args: readonly string[], kill: Kill | null): Promise<Ended> {
    if (command === 'clean-volume') return this.#clean(args, kill);
    const start = Date.now();
    const ended = await runDisturbed(command, [...args, '--embedded', this.on.directory], kill);
    if (command === 'before-backup' && ended.kind === 'done') this.#window = { start, end: Date.now() };
    // A cold restore starts the nodes, also where it is refused by what is seen only when they are stopped.
    if (command === 'after-restore' && ended.kind !== 'killed' && this.on.allRun()) await this.on.start();
    return ended;
  }

  /** One volume after the other, as Jobs do it; the disturbance comes over one of them. */
  async #clean(args: readonly string[], kill: Kill | null): Promise<Ended> {
    const { nodes } = this.on;
    let ended: Ended = { kind: 'done', code: null, text: '', point: null };
    for (const [i, node] of nodes.entries()) {
      const part = kill === null ? -1 : kill.at * nodes.length - i;
      const own = kill !== null && part >= 0 && part < 1 ? { ...kill, at: part } : null;
      ended = await runDisturbed('clean-volume', ['--path', node.volume, ...args], own);
      if (ended.kind !== 'done') return ended;
    }
    return ended;
  }

  get #copies(): string {
    return join(this.on.directory, 'copies');
  }

  /** Of one moment: the node stands still meanwhile, and knows nothing of it. */
  async copy(number: number, how: Copying['how']): Promise<void> {
    const { cluster } = this.on;
    const node = this.on.node(number);
    const target = join(this.#copies, node.name);
    const pid = cluster.processes().find((p) => p.name === node.name)?.cassandra;
    if (pid !== undefined) process.kill(pid, 'SIGSTOP');
    try {
      if (how === 'snapshot') await copyTree(node.volume, target);
      else await copyWithoutLinks(node.volume, target);
    } finally {
      if (pid !== undefined) process.kill(pid, 'SIGCONT');
    }
  }

  async putBack(): Promise<void> {
    const { on } = this;
    await on.kill();
    for (const node of on.nodes) {
      await rm(node.volume, { recursive: true, force: true });
      await copyTree(join(this.#copies, node.name), node.volume);
    }
  }

  async start(): Promise<void> {
    await this.on.start();
    await this.on.settle();
  }

  async allow(): Promise<void> {
    if (!this.#forbidden) return;
    this.#forbidden = false;
    const { on } = this;
    on.configure(() => ({ [SETTINGS.functions]: true, [SETTINGS.views]: true }));
    await on.kill();
    await on.start();
    await on.settle();
  }

  async damage({ node, how }: Damage): Promise<void> {
    const path = someBackupFile(this.on.node(node).volume, OWN);
    if (path !== null) this.#mend = alterFile(path, how);
  }

  async mend(): Promise<void> {
    this.#mend();
    this.#mend = () => {};
  }

  async leftovers(): Promise<readonly string[]> {
    const found = await Promise.all(this.on.nodes.map((node) => leftovers(node)));
    return found.flat();
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter(Boolean);
}

/** As tools do that know nothing of hard links: each of them becomes a file of its own. */
async function copyWithoutLinks(from: string, to: string): Promise<void> {
  await run('mkdir', ['-p', to]);
  const keep = ['--preserve=mode,ownership,timestamps', '--no-preserve=links'];
  await run('cp', ['-r', '-P', ...keep, '--reflink=auto', '--', `${from}/.`, to]);
}
