import type { World } from '../../simulation/cluster/world.ts';
import { onlyLooks } from '../../simulation/runs/process.ts';
import { LIVE } from './schema.ts';

/** Clients that go on while a backup is made: which of their rows are in it nobody can say, but those of before are, and those of later are not. */
export class SimulatedWriter {
  #isWriting = false;
  #next = 0;
  #before = 0;
  #end = Number.POSITIVE_INFINITY;

  start(world: World): void {
    this.#isWriting = true;
    for (let i = 0; i < 5; i++) this.#write(world);
  }

  stop(): void {
    this.#isWriting = false;
  }

  windowBegins(world: World): void {
    this.#write(world);
    this.#before = this.#next;
  }

  windowEnds(world: World): void {
    this.#end = this.#next;
    this.#write(world);
  }

  /** A row after each call that changes something. */
  writeDuring(world: World): void {
    world.check = (call) => {
      if (!onlyLooks(call)) this.#write(world);
    };
  }

  writeLater(world: World): void {
    this.#write(world);
  }

  #write({ cluster }: World): void {
    if (!this.#isWriting || !cluster.userTables.some((t) => t.keyspace === LIVE)) return;
    cluster.write(LIVE, 'events', `e${this.#next++}`, 'written');
  }

  judge({ cluster }: World): readonly string[] {
    const table = cluster.table(LIVE, 'events');
    return cluster.nodes.flatMap((node) => {
      const rows = cluster.at(node).rows(table);
      const missing = Array.from({ length: this.#before }, (_, i) => `e${i}`).filter((key) => !rows.has(key));
      const tooNew = [...rows.keys()].filter((key) => Number(key.slice(1)) >= this.#end);
      return [
        ...missing.map((key) => `${node.name}: ${key} was acknowledged before the backup, and is missing`),
        ...tooNew.map((key) => `${node.name}: ${key} was written after the backup`),
      ];
    });
  }
}
