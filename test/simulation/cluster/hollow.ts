import { closeSync, createReadStream, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as checksums from '../../../src/adapters/volume-scripts/checksum-scripts.ts';
import * as linking from '../../../src/adapters/volume-scripts/link-scripts.ts';
import * as scripts from '../../../src/adapters/volume-scripts/scripts.ts';
import * as tables from '../../../src/adapters/volume-scripts/table-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import type { NodeControl } from '../../../src/ports/node-control.ts';
import type { NodeShell, ShellInput } from '../../../src/ports/node-shell.ts';
import { Cassandra, plainId, type TableOnDisk } from './cassandra.ts';

const COMPONENTS = [
  ...['Data.db', 'Index.db', 'Filter.db', 'Summary.db', 'Statistics.db'],
  ...['TOC.txt', 'Digest.crc32', 'CompressionInfo.db'],
];
/** As an exec hands on what a script writes. */
const FRAME = 32 * 1024;

/** A node of which only what kassette keeps lies on the disk: millions of SSTables would have no place there. */
export class HollowCassandra extends Cassandra {
  override create(): void {}
  override keep(): void {}
}

/** Snapshots and loads come to nothing, at once. */
export function hollowControl(control: NodeControl): NodeControl {
  return {
    ...control,
    takeSnapshot: async () => 'done',
    clearSnapshot: async () => 'done',
    refresh: async () => 'done',
  };
}

/** The tables of a cluster, and its nodes. */
interface Tables {
  readonly tables: readonly TableOnDisk[];
  at(node: Node): Cassandra;
}

interface Run {
  readonly node: Node;
  readonly args: readonly string[];
  readonly input: ShellInput;
}

type Answer = Iterable<string> | AsyncIterable<string>;

/**
 * What scripts say of the files of a hollow node's tables is made while it is read, and what they are given is passed over, both
 * in pieces, as an exec does it. kassette's own files are real.
 * @param sstables of each table
 */
export function hollowShell(whole: NodeShell, cluster: Tables, sstables: number): NodeShell {
  const files = (node: Node, tag: string) => filesOf(cluster, node, tag, sstables);
  const answers = new Map<string, (run: Run) => Answer>([
    [scripts.READ, ({ node, args: [, tag = ''] }: Run) => read(node, tag, files(node, tag))],
    [checksums.READ_AND_SUM, ({ node, args: [, tag = ''] }: Run) => readAndSum(node, tag, files(node, tag))],
    [scripts.SNAPSHOT_PROGRESS, ({ args: [, tag = ''] }: Run) => progress(cluster.tables, tag)],
    [checksums.CKSUMS, sums],
    [checksums.CRC32S, sums],
    [tables.READ_SEGMENTS, segments],
    [scripts.WRITE, write],
    [linking.LINK_BY_TAR, link],
    [linking.NOT_LOADED, () => ['end\n']],
  ]);
  return {
    async run(node, script, args, input = new Uint8Array(), take) {
      const answer = answers.get(script);
      if (answer === undefined) return whole.run(node, script, args, input, take);
      const output: Buffer[] = [];
      for await (const frame of framed(answer({ node, args, input })))
        if (take === undefined) output.push(frame);
        else take(frame);
      return Buffer.concat(output);
    },
  };
}

async function* framed(answer: Answer): AsyncGenerator<Buffer> {
  let text = '';
  for await (const piece of answer) {
    text += piece;
    if (text.length < FRAME) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

async function* read(node: Node, tag: string, files: Iterable<string>): AsyncGenerator<string> {
  for (const name of ['backup.json', 'complete', 'schema.cql']) {
    const path = join(node.volume, 'kassette', tag, name);
    if (!existsSync(path)) continue;
    yield `file ${name} `;
    // Three bytes are four characters.
    for await (const piece of createReadStream(path, { highWaterMark: 3 * 16 * 1024 }))
      yield (piece as Buffer).toString('base64');
    yield '\n';
  }
  yield 'file outside \n';
  let n = 0;
  for (const path of files)
    yield `snap ${sizeOf(path, n++)} ${path.endsWith('Digest.crc32') ? '1' : '-'} ${path} 2\n`;
  yield 'listed\nend\n';
}

async function* readAndSum(node: Node, tag: string, files: Iterable<string>): AsyncGenerator<string> {
  yield* read(node, tag, files);
  for (const path of files) if (!path.endsWith('-Data.db')) yield `sum ${path} ${sumOf(path)}\n`;
  yield 'summed\n';
}

/** In an order in which a directory may have them: those of one SSTable do not follow one another. */
function filesOf(cluster: Tables, node: Node, tag: string, sstables: number): Iterable<string> {
  const cassandra = cluster.at(node);
  return {
    *[Symbol.iterator]() {
      for (const table of cluster.tables) {
        const snapshot = `${relative(node.volume, cassandra.directory(table))}/snapshots/${tag}`;
        for (const component of COMPONENTS)
          for (let s = sstables; s > 0; s--) yield `${snapshot}/nb-${s}-big-${component}`;
      }
    },
  };
}

/** Of files that are no two alike, up to a mebibyte; lists of components are short. */
const sizeOf = (path: string, n: number) =>
  (Math.imul(n, 1_664_525) >>> 0) % (path.endsWith('-TOC.txt') ? 100 : 2 ** 20);

/** As hard to pack as a real one. */
function sumOf(path: string): number {
  let sum = 0;
  for (let i = 0; i < path.length; i++) sum = Math.imul(sum ^ path.charCodeAt(i), 16_777_619);
  return sum >>> 0;
}

function* progress(tables: readonly TableOnDisk[], tag: string): Generator<string> {
  for (const table of tables)
    yield `1 whole ${table.keyspace}/${table.name}-${plainId(table)}/snapshots/${tag}\n`;
  yield '1 file\n1 end 0\n';
}

function* write({ node, args: [, tag = '', schemaBytes], input }: Run): Generator<string> {
  const home = join(node.volume, 'kassette', tag);
  mkdirSync(home, { recursive: true });
  const [schema, manifest] = ['schema.cql', 'backup.json'].map((name) => openSync(join(home, name), 'w'));
  if (schema === undefined || manifest === undefined) return;
  let left = Number(schemaBytes);
  for (const chunk of chunksOf(input)) {
    writeSync(schema, chunk.subarray(0, left));
    writeSync(manifest, chunk.subarray(left));
    left -= Math.min(left, chunk.length);
  }
  for (const file of [schema, manifest]) closeSync(file);
}

/** Nothing is linked, but what it says of its length is held against what comes. */
function* link({ args: [, count], input }: Run): Generator<string> {
  let bytes = 0;
  for (const chunk of chunksOf(input)) bytes += chunk.length;
  if (input instanceof Uint8Array || bytes !== input.bytes) throw new Error(`${bytes} bytes came.`);
  yield `linked ${count}\n`;
}

/** Of every file that is asked for. */
function* sums({ input }: Run): Generator<string> {
  for (const path of Buffer.concat([...chunksOf(input)])
    .toString()
    .split('\0')
    .slice(0, -1))
    yield path.endsWith('-Data.db') ? '1\n' : `${sumOf(path)} 1 ${path}\n`;
}

/** Lists of components that name nothing which is missing, of the sizes that are asked for. */
function* segments({ input }: Run): Generator<string> {
  for (const line of Buffer.concat([...chunksOf(input)])
    .toString()
    .split('\n')
    .slice(0, -1))
    yield '\n'.repeat(Number(line.split(' ')[1]));
}

function chunksOf(input: ShellInput): Iterable<Uint8Array> {
  return input instanceof Uint8Array ? [input] : input.chunks();
}
