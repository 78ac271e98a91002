import type { Datacenter } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import {
  type Asked,
  checkCarries,
  checkReads,
  checkSameVolumes,
  isDisturbed,
  startedByOthers,
} from '../../domain/restore-state/asked.ts';
import type { HeldLease } from '../../ports/platform/lease.ts';
import type { ColdVolume } from '../../ports/platform/recovery.ts';
import type { Ports } from '../../ports/ports.ts';
import { until } from '../../ports/until.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

const POLL_MS = 1000;

const UNCHANGED = 'Nothing was changed.';
const CHANGED = 'The datacenters stay stopped, and the backup is whole.';

/**
 * Datacenters that are to be stopped while their volumes are restored cold. Others may ask for something else meanwhile: to run, to have
 * more or fewer nodes, another release. Each step that cannot be taken back looks first whether that is so.
 */
export class Hold {
  readonly datacenters: readonly Datacenter[];
  readonly volumes: readonly ColdVolume[];
  /** Those that ran when this began. */
  readonly running: readonly Datacenter[];
  /** Whether volumes may be changed, by this run or one before. */
  changing: boolean;
  /** Whether volumes may have run together with others since they were restored: then each is restored once more. */
  again: boolean;
  readonly #ports: Pick<Ports, 'recovery'>;
  readonly #lease: HeldLease;
  #found: readonly ColdResult[] = [];
  readonly #revisions = new Map<string, string | null>();
  /** Those that this run has started on restored volumes. */
  readonly #started = new Set<string>();

  private constructor(
    ports: Pick<Ports, 'recovery'>,
    lease: HeldLease,
    datacenters: readonly Datacenter[],
    asked: readonly Asked[],
    volumes: readonly ColdVolume[],
  ) {
    this.#ports = ports;
    this.#lease = lease;
    this.datacenters = datacenters;
    this.volumes = volumes;
    this.running = datacenters.filter((_, i) => asked[i]?.stopped === false);
    this.changing = datacenters.some((d) => d.coldRestore === 'changing');
    this.again = asked.some(isDisturbed);
    for (const now of asked) checkCarries(now, volumes, UNCHANGED);
  }

  /** @throws DATACENTER_CHANGED where nodes and volumes do not fit each other */
  static async begin(
    ports: Pick<Ports, 'recovery'>,
    lease: HeldLease,
    datacenters: readonly Datacenter[],
  ): Promise<Hold> {
    const asked = await each(datacenters, (d) => ports.recovery.asked(d));
    return new Hold(ports, lease, datacenters, asked, await volumesOf(ports, datacenters));
  }

  get lease(): HeldLease {
    return this.#lease;
  }

  /** Those that this run, or one that was killed, has stopped. */
  get ours(): readonly Datacenter[] {
    const isOurs = (d: Datacenter) =>
      this.changing || this.running.includes(d) || d.coldRestore !== undefined;
    return this.datacenters.filter(isOurs);
  }

  /** Those that are not: once volumes are changing something else may have started any. */
  async stop(): Promise<void> {
    this.#started.clear();
    await this.stopOthers();
  }

  /** The same but for those that this run has started when all volumes were restored. */
  async stopOthers(): Promise<void> {
    const stage = this.changing ? 'changing' : 'stopped';
    await each(this.datacenters, async (d) => {
      if (this.#started.has(d.name)) return;
      const { stopped } = await this.#ports.recovery.asked(d);
      if (!stopped) await this.#ports.recovery.stop(d, stage, this.#lease.confirm);
    });
  }

  /** @throws DATACENTER_CHANGED as soon as one of them is asked to run */
  async checkStopped(): Promise<void> {
    await each(this.datacenters, async (d) => this.#checkStopped(await this.#ports.recovery.asked(d)));
  }

  /** Right before the first volume is changed. @throws DATACENTER_CHANGED, OLDER_CASSANDRA, UNSUPPORTED_SERVER */
  async beginChanging(found: readonly ColdResult[], report: () => Promise<void>): Promise<void> {
    await this.#checkVolumes();
    await each(this.datacenters, async (d) => this.#check(await this.#ports.recovery.asked(d), found));
    await this.#lease.confirm();
    await report();
    this.changing = true;
    this.#found = found;
    await each(this.datacenters, (d) =>
      this.#ports.recovery.stop(d, 'changing', async (now) => {
        await this.#lease.confirm();
        this.#check(now, found);
        this.#revisions.set(d.name, now.revision);
      }),
    );
  }

  /** All of them are looked at before the first one is started, and each once more when it is. @throws as `beginChanging` */
  async start(): Promise<void> {
    await this.#checkVolumes();
    await each(this.datacenters, async (d) => this.#checkUndisturbed(await this.#ports.recovery.asked(d)));
    await each(this.datacenters, async (d) => {
      await this.#ports.recovery.start(d, 'restored', async (now) => {
        await this.#lease.confirm();
        this.#checkUndisturbed(now);
      });
      this.#started.add(d.name);
    });
  }

  /**
   * Whether something else was asked of a datacenter since volumes are changing, which its nodes could run for a while by.
   * @throws where it does not fit its volumes any more
   */
  async disturbance(): Promise<KassetteError | null> {
    const others = this.datacenters.filter((d) => !this.#started.has(d.name));
    const asked = await each(others, (d) => this.#ports.recovery.asked(d));
    for (const now of asked) this.#checkFits(now, this.#found);
    const other = asked.find((now) => isAskedToRun(now) || this.#isChanged(now));
    return other === undefined ? null : startedByOthers(other, CHANGED);
  }

  #checkUndisturbed(now: Asked): void {
    this.#check(now, this.#found);
    if (this.#isChanged(now)) throw startedByOthers(now, CHANGED);
  }

  #isChanged({ datacenter, revision }: Asked): boolean {
    return this.#revisions.has(datacenter) && this.#revisions.get(datacenter) !== revision;
  }

  #check(now: Asked, found: readonly ColdResult[]): void {
    this.#checkFits(now, found);
    this.#checkStopped(now);
  }

  #checkFits(now: Asked, found: readonly ColdResult[]): void {
    checkCarries(now, this.volumes, this.#state);
    checkReads(now, found, this.#state);
  }

  #checkStopped(now: Asked): void {
    if (isAskedToRun(now)) throw startedByOthers(now, this.#state);
  }

  async #checkVolumes(): Promise<void> {
    checkSameVolumes(this.volumes, await volumesOf(this.#ports, this.datacenters), this.#state);
  }

  get #state(): string {
    return this.changing ? CHANGED : UNCHANGED;
  }
}

/** Where there is no revision nobody else asks for anything. */
const isAskedToRun = ({ stopped, revision }: Asked) => !stopped && revision !== null;

async function volumesOf(
  { recovery }: Pick<Ports, 'recovery'>,
  datacenters: readonly Datacenter[],
): Promise<readonly ColdVolume[]> {
  return (await each(datacenters, (d) => recovery.volumes({ datacenter: d.name }))).flat();
}

/** Returns when nothing uses the volumes any more. */
export async function stopAll(
  ports: Pick<Ports, 'recovery' | 'progress' | 'clock'>,
  hold: Hold,
  options: Pick<CommonOptions, 'timeoutMs' | 'signal'>,
): Promise<void> {
  await ports.progress.step('Stopping the nodes', async (report) => {
    await hold.stop();
    let users: readonly string[] = [];
    let fewest = Number.POSITIVE_INFINITY;
    const look = async () => {
      users = (await each(hold.datacenters, (d) => ports.recovery.users(d))).flat();
      if (users.length === 0) return { found: true };
      await hold.checkStopped();
      fewest = Math.min(fewest, users.length);
      report.note(`waiting for ${users.join(', ')}`);
      return String(fewest);
    };
    const { timeoutMs: within, signal } = options;
    const late = () => stillThere(users, hold.changing);
    await until(look, { every: POLL_MS, within, signal, clock: ports.clock, late });
  });
}

function stillThere(users: readonly string[], changing: boolean): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `The volumes are still in use by ${users.join(', ')}.`,
    `${changing ? 'Volumes may be changed; the backup is whole.' : 'Nothing was changed.'} Find out what keeps these pods; allow more time with \`--timeout\`.`,
  );
}
