import type { Bed } from '../../bed/bed.ts';
import type { Artifacts } from './blueprint-renderer.ts';
import { KASTEN } from './kasten-kinds.ts';

type State = 'pending' | 'running' | 'failed' | 'complete';

interface PhaseStatus {
  readonly name: string;
  readonly state: State;
  readonly output?: Readonly<Record<string, string>>;
}

/**
 * An ActionSet's status as Kanister's controller writes it: `running` before the first phase, then each phase's own state. One
 * that is running is taken up by no controller again, so what a controller that died wrote last stays.
 */
export class ActionSetStatus {
  readonly #bed: Pick<Bed, 'kubectl'>;
  readonly #name: string;
  readonly #head: object;
  #phases: readonly PhaseStatus[] = [];
  #running = '';

  /** @param name with the kind, as `kubectl create -o name` prints it */
  constructor(bed: Pick<Bed, 'kubectl'>, name: string, head: object) {
    this.#bed = bed;
    this.#name = name;
    this.#head = head;
  }

  async begin(phases: readonly string[]): Promise<void> {
    this.#phases = phases.map((name) => ({ name, state: 'pending' }));
    await this.#write('running');
  }

  async phase(name: string, state: State, output?: Readonly<Record<string, string>>): Promise<void> {
    const changed = { name, state, ...(output === undefined ? {} : { output }) };
    this.#phases = this.#phases.map((p) => (p.name === name ? changed : p));
    this.#running = state === 'running' ? name : '';
    await this.#write('running');
  }

  async end(
    state: 'complete' | 'failed',
    { artifacts, error }: { readonly artifacts?: Artifacts; readonly error?: string },
  ): Promise<void> {
    // The phase that was running has failed; where none had begun, the first one.
    const failed = this.#phases.find((p) => p.state === 'running') ?? this.#phases[0];
    if (state === 'failed' && failed !== undefined && failed.state !== 'complete') {
      this.#phases = this.#phases.map((p) => (p === failed ? { name: p.name, state } : p));
    }
    this.#running = '';
    await this.#write(state, {
      ...(artifacts === undefined ? {} : { artifacts }),
      ...(error === undefined ? {} : { error }),
    });
  }

  async #write(
    state: State,
    { artifacts, error }: { readonly artifacts?: Artifacts; readonly error?: string } = {},
  ): Promise<void> {
    const action = {
      ...this.#head,
      phases: this.#phases,
      ...(artifacts === undefined ? {} : { artifacts }),
    };
    const status = {
      state,
      actions: [action],
      progress: { runningPhase: this.#running },
      ...(error === undefined ? {} : { error: { message: error } }),
    };
    const change = JSON.stringify({ status });
    await this.#bed.kubectl([
      ...['--namespace', KASTEN, 'patch', this.#name, '--type=merge', '--patch', change],
    ]);
  }
}
