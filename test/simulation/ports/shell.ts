import { linkSync, lstatSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as checksums from '../../../src/adapters/volume-scripts/checksum-scripts.ts';
import * as linking from '../../../src/adapters/volume-scripts/link-scripts.ts';
import * as progress from '../../../src/adapters/volume-scripts/progress-scripts.ts';
import * as scripts from '../../../src/adapters/volume-scripts/scripts.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import { NOTE_KINDS } from '../../../src/domain/k8ssandra/note.ts';
import { parseComponent } from '../../../src/domain/sstables/sstable.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import { cksum } from './cksum.ts';
import { archiveScripts } from './shell-archive.ts';
import { type Run, tableScripts, Volume } from './shell-volume.ts';

const PIECE = 1013;

/**
 * The scripts of `VolumeScripts` without a process for each: what they do to a real directory, and what they answer. The contract
 * suite of the scripts runs on both.
 */
export function simulatedShell(): NodeShell {
  return {
    async run(node, script, [volume = '', ...args], input = new Uint8Array(), take) {
      const work = SCRIPTS.get(script);
      if (work === undefined) throw new Error('This script is not simulated.');
      try {
        const all = Buffer.concat(input instanceof Uint8Array ? [input] : [...input.chunks()]);
        const output = Buffer.from(work({ volume: new Volume(volume), args, input: all }));
        return take === undefined ? output : handOn(output, take);
      } catch (cause) {
        if (cause instanceof KassetteError) throw cause;
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new KassetteError('NODE_SHELL', `A script on the files of ${node.name} failed: ${why}`, '', {
          cause,
        });
      }
    },
  };
}

/** In pieces of odd sizes: where one ends says nothing. */
function handOn(output: Buffer, take: (piece: Buffer) => void): Buffer {
  for (let at = 0; at < output.length; at += PIECE) take(output.subarray(at, at + PIECE));
  return Buffer.alloc(0);
}

const SCRIPTS: ReadonlyMap<string, (run: Run) => string | Buffer> = new Map([
  [scripts.SURVEY, survey],
  [scripts.LIVE_SIZE, liveSize],
  [scripts.READ, read],
  [scripts.SNAPSHOT_PROGRESS, snapshotProgress],
  [checksums.READ_AND_SUM, (run) => `${read(run)}${sums(run)}`],
  [checksums.CRC32S, ({ volume, input }) => linesOf(input, (path) => `${volume.crcOf(path)}`)],
  [
    checksums.RANGE_CRC32S,
    ({ volume, input }) =>
      input.toString().replace(/(\d+) (\d+) (.*)\n/g, (_, offset, bytes, path) => {
        const from = Number(offset);
        return `${crc32(readFileSync(volume.at(path)).subarray(from, from + Number(bytes)))}\n`;
      }),
  ],
  [
    checksums.CKSUMS,
    ({ volume, input }) => linesOf(input, (path) => `${cksum(readFileSync(volume.at(path)))} 0 ${path}`),
  ],
  [progress.READ_PROGRESS, ({ volume, args: [tag] }) => memory.get(keptFor(volume, tag) ?? '') ?? ''],
  [progress.WRITE_PROGRESS, writeProgress],
  [scripts.WRITE, write],
  [scripts.PUT, put],
  [
    scripts.INVALIDATE,
    ({ volume, args }) => args.map((tag) => volume.remove(`kassette/${tag}/complete`)).join(''),
  ],
  [
    scripts.WRITE_NOTE,
    ({ volume, args: [path, bytes], input }) => volume.put(`kassette/${path}`, part(input, 0, bytes)),
  ],
  [scripts.REMOVE_NOTES, removeNotes],
  [scripts.REMOVE, removeBackups],
  [scripts.REMOVE_REHEARSALS, removeRehearsals],
  [scripts.BEGIN, begin],
  [scripts.FINISH, finish],
  [linking.LINK_BY_TAR, () => 'no tar\n'],
  [linking.LINK_BY_LN, link],
  [linking.UNLINK, unlink],
  [linking.REPLACE, replace],
  [linking.NOT_LOADED, notLoaded],
  ...tableScripts,
  ...archiveScripts,
]);

/** Of the containers. */
const memory = new Map<string, string>();

/** Where a container keeps it, by the volume and the file that is its manifest; null where there is none. */
function keptFor(volume: Volume, tag: string | undefined): string | null {
  const manifest = `kassette/${tag}/backup.json`;
  if (!volume.has(manifest)) return null;
  const { ino, ctimeMs } = statSync(volume.at(manifest));
  return [volume.root, tag, ino, ctimeMs].join(' ');
}

function writeProgress({ volume, args: [tag, bytes], input }: Run): string {
  const kept = keptFor(volume, tag);
  if (kept === null) return '';
  if (Number(bytes) === 0) memory.delete(kept);
  else memory.set(kept, part(input, 0, bytes).toString());
  return '';
}

function survey({ volume, args: data }: Run): string {
  const lines: string[] = [];
  const say = (what: string, path: string) => {
    if (volume.has(path)) lines.push(`${what} ${volume.base64(path)}`);
  };
  for (const tag of volume.list('kassette').filter((n) => n.startsWith('kassette-'))) {
    lines.push(`backup ${tag}`);
    say(`complete ${tag}`, `kassette/${tag}/complete`);
    say(`retained ${tag}`, `kassette/${tag}/closed`);
    say(`journal ${tag}`, `kassette/${tag}/restore.json`);
    say(`cold ${tag}`, `kassette/${tag}/cold.json`);
    for (const kind of NOTE_KINDS)
      for (const name of volume.list(`kassette/${tag}/${kind}`))
        say(`note ${tag} ${kind}/${name}`, `kassette/${tag}/${kind}/${name}`);
  }
  say('restored', 'kassette/restored.json');
  say('closed', 'kassette/closed.json');
  for (const name of volume.list('kassette/attempts'))
    if (name.endsWith('.json')) say(`attempt ${name.slice(0, -5)}`, `kassette/attempts/${name}`);
  say('tables', 'kassette/tables.json');
  if (volume.has('kassette/commitlog')) lines.push('archives');
  if (volume.has('kassette/rewind.json')) lines.push('rewinding');
  const snapshots = volume
    .snapshots(data)
    .map((path) =>
      /\/(truncated|dropped)-[^/]*$/.test(path) ? `automatic ${path}` : `snapshot ${basename(path)}`,
    );
  for (const directory of data) lines.push(`space 1 1000000000000 ${directory}`);
  for (const path of volume.tables(data)) if (!basename(path).includes('-')) lines.push(`bare ${path}`);
  return [...lines, 'free 1000000000000', ...new Set(snapshots), 'end'].map((l) => `${l}\n`).join('');
}

function liveSize({ volume, args: data }: Run): string {
  const live = volume
    .tables(data)
    .flatMap((path) => volume.filesBelow(path))
    .filter((path) => !/\/(snapshots|backups)\//.test(path));
  const lines = live.map((path) => `1 live ${statSync(volume.at(path)).size}`);
  return ['free 1000000000000', ...lines, '1 end'].map((l) => `${l}\n`).join('');
}

function read({ volume, args: [tag = '', ...data] }: Run): string {
  const lines = ['backup.json', 'complete', 'schema.cql', 'k8ssandra.json']
    .filter((name) => volume.has(`kassette/${tag}/${name}`))
    .map((name) => `file ${name} ${volume.base64(`kassette/${tag}/${name}`)}`);
  for (const directory of data) {
    if (!volume.has(directory)) throw new Error(`${directory}: No such file or directory`);
  }
  const isOwn = (name: string) => volume.has(name) && lstatSync(volume.at(name)).isDirectory();
  const outside = ['commitlog', 'hints'].filter((name) => !isOwn(name)).join(' ');
  lines.push(`file outside ${Buffer.from(outside).toString('base64')}`);
  lines.push('free 1000000000000');
  // Once for both: going through the directories is most of what a simulated run takes.
  const all = volume.tables(data).flatMap((path) => volume.filesBelow(path));
  const files = all.filter((path) => path.includes(`/snapshots/${tag}/`));
  for (const path of files) {
    const crc = path.endsWith('-Digest.crc32') ? readFileSync(volume.at(path), 'utf8') : '';
    const { size, nlink } = statSync(volume.at(path));
    lines.push(`snap ${size} ${crc || '-'} ${path} ${nlink}`);
  }
  lines.push('listed');
  for (const path of all) if (isOurs(basename(path))) lines.push(`linked ${basename(path)}`);
  return [...lines, 'end'].map((l) => `${l}\n`).join('');
}

/** Nothing is kept: what is read twice is no other for it. */
function sums({ volume, args: [tag, ...data] }: Run): string {
  const files = volume
    .snapshots(data)
    .filter((path) => basename(path) === tag)
    .flatMap((path) => volume.filesBelow(path))
    .filter((path) => parseComponent(basename(path)) !== null && !path.endsWith('-Data.db'));
  const found = files.map((path) => `sum ${path} ${cksum(readFileSync(volume.at(path)))}\n`);
  return [...found, 'summed\n'].join('');
}

function snapshotProgress({ volume, args: [tag, ...data] }: Run): string {
  const directories = volume.snapshots(data).filter((path) => basename(path) === tag);
  const files = directories.flatMap((path) => volume.filesBelow(path));
  const whole = files
    .filter((path) => basename(path) === 'manifest.json')
    .map((path) => `1 whole ${dirname(path)}`);
  // The simulated cluster's clock is not the machine's: it marks what it makes by the time of change.
  const changed = directories.map((path) => `1 changed ${statSync(volume.at(path)).mtimeMs / 1000}`);
  return [...whole, ...changed, `${files.length} file`, '1 end 0'].map((l) => `${l}\n`).join('');
}

function write({ volume, args: [tag, schemaBytes, manifestBytes, aboveBytes], input }: Run): string {
  const schema = part(input, 0, schemaBytes);
  const above = part(input, Number(schemaBytes), aboveBytes ?? '0');
  const manifest = part(input, Number(schemaBytes) + Number(aboveBytes ?? 0), manifestBytes);
  return (
    volume.put(`kassette/${tag}/schema.cql`, schema) +
    (aboveBytes === undefined ? '' : volume.put(`kassette/${tag}/k8ssandra.json`, above)) +
    volume.put(`kassette/${tag}/backup.json`, manifest)
  );
}

function put({ volume, args: [tag, name, bytes, run = ''], input }: Run): string {
  if (run !== '') volume.fence(run);
  if (!volume.has(`kassette/${tag}`)) throw new Error(`kassette/${tag}: No such file or directory`);
  return volume.put(`kassette/${tag}/${name}`, part(input, 0, bytes));
}

function removeNotes({ volume, args }: Run): string {
  for (const name of args) volume.remove(`kassette/${name}`);
  return volume.removeIfEmpty('kassette/attempts');
}

function removeBackups({ volume, args: [count, ...rest] }: Run): string {
  const [tags, data] = [rest.slice(0, Number(count)), rest.slice(Number(count))];
  for (const tag of tags) {
    volume.remove(`kassette/${tag}/complete`);
    for (const path of volume.snapshots(data)) if (basename(path) === tag) volume.remove(path);
    volume.remove(`kassette/displaced-${tag}`);
    volume.remove(`kassette/${tag}`);
  }
  for (const name of ['run', 'run.live']) volume.remove(`kassette/${name}`);
  return volume.removeIfEmpty('kassette');
}

function removeRehearsals({ volume, args: [live = '', ...data] }: Run): string {
  const isLeft = (name: string) =>
    /^kassette_rehearsal_[0-9a-f]{16}$/.test(name) && !live.split(' ').includes(name);
  for (const directory of data) {
    const left = volume
      .list(directory)
      .filter(isLeft)
      .map((name) => join(directory, name))
      .filter((path) => !lstatSync(volume.at(path)).isSymbolicLink());
    for (const path of left)
      if (!volume.filesBelow(path).some((file) => file.endsWith('-Data.db'))) volume.remove(path);
  }
  return '';
}

function begin({ volume, args: [run = '', tag, bytes, ...data], input }: Run): string {
  for (const name of volume.list('kassette'))
    if (name.startsWith('kassette-')) volume.remove(`kassette/${name}/cold.json`);
  volume.noteRun(run, data);
  volume.put(`kassette/${tag}/restore.json`, part(input, 0, bytes));
  return endOthers(volume, tag);
}

/** Restores with other backups are over. */
function endOthers(volume: Run['volume'], tag: string | undefined): string {
  for (const name of volume.list('kassette').filter((n) => n.startsWith('kassette-') && n !== tag))
    for (const journal of ['restore.json', 'cold.json']) volume.remove(`kassette/${name}/${journal}`);
  return '';
}

function finish({ volume, args: [recordBytes, pathBytes, tag, ...data], input }: Run): string {
  volume.put('kassette/restored.json', part(input, 0, recordBytes));
  endOthers(volume, tag);
  const paths = nulEnded(part(input, Number(recordBytes), pathBytes));
  for (const path of paths) volume.remove(path);
  for (const path of volume.snapshots(data)) if (basename(path) === tag) volume.remove(path);
  const over = [
    `displaced-${tag}`,
    'tables.json',
    'staging',
    'run',
    'run.live',
    'closed.json',
    'attempts',
    tag,
  ];
  for (const name of over) volume.remove(`kassette/${name}`);
  return '';
}

function link({ volume, args, input }: Run): string {
  const [count, targetBytes, run = '', first, state, before, otherBytes] = args;
  volume.fence(run);
  const others = nulEnded(part(input, Number(targetBytes), otherBytes)).filter((path) => volume.has(path));
  const targets = [...new Set([...nulEnded(part(input, 0, targetBytes)), ...others])].toSorted();
  const words = nulEnded(input.subarray(Number(targetBytes) + Number(otherBytes)));
  const byThisRun = () =>
    oursIn(volume, targets).filter(
      (path) => Number(parseComponent(basename(path))?.generation) >= Number(first),
    );
  const isContinued = Number(before) > 0;
  if (isContinued) {
    for (const path of byThisRun()) if (path.endsWith('-Data.db')) volume.remove(path);
    const left = byThisRun().length;
    if (left !== Number(before)) throw new Error(`of ${before} files that were linked ${left} are left`);
  }
  const strays = isContinued ? [] : clearTargets(volume, targets, state === 'emptied');
  for (let i = 0; i < words.length; i += 2) linkOrCopy(volume, words[i] ?? '', words[i + 1] ?? '');
  const made = byThisRun();
  if (made.length !== Number(count)) throw new Error(`${made.length} files were linked instead of ${count}`);
  return [...strays.map((path) => `stray ${path}\n`), `linked ${made.length}\n`].join('');
}

function oursIn(volume: Volume, targets: readonly string[]): readonly string[] {
  const paths = targets.flatMap((t) => volume.list(t).map((name) => join(t, name)));
  return paths.filter((path) => isOurs(basename(path)) && statSync(volume.at(path)).isFile());
}

/** Of what interrupted runs linked, and of what Cassandra does not know. */
function clearTargets(volume: Volume, targets: readonly string[], isEmptied: boolean): readonly string[] {
  for (const path of oursIn(volume, targets)) {
    if (isEmptied && statSync(volume.at(path)).nlink > 1) volume.remove(path);
  }
  for (const path of oursIn(volume, targets))
    if (!volume.has(path.replace(/-[^-]*$/, '-Data.db'))) volume.remove(path);
  return isEmptied ? setStraysAside(volume, targets) : [];
}

function unlink({ volume, args: [run, first, ...data], input: _ }: Run): string {
  volume.put('kassette/run', Buffer.from(`${run}\n`));
  const left = oursIn(volume, volume.tables(data));
  for (const path of left)
    if (Number(parseComponent(basename(path))?.generation) >= Number(first)) volume.remove(path);
  return '';
}

function replace({ volume, args: [run = '', lineBytes], input }: Run): string {
  volume.fence(run);
  let at = Number(lineBytes);
  for (const line of part(input, 0, lineBytes).toString().split('\n').filter(Boolean)) {
    const [bytes, path = ''] = line.split(' ');
    const content = part(input, at, bytes);
    at += content.length;
    if (!volume.has(path)) throw new Error(`${path}: No such file or directory`);
    volume.remove(path);
    writeFileSync(volume.at(path), content);
  }
  return '';
}

function setStraysAside(volume: Volume, targets: readonly string[]): readonly string[] {
  const before = new Set(readFileSync(volume.at('kassette/run.live'), 'utf8').split('\n'));
  return targets.flatMap((target) => {
    const names = volume.list(target);
    const logs = names
      .filter((n) => /_txn_.*\.log$/.test(n))
      .map((n) => readFileSync(volume.at(join(target, n)), 'utf8'));
    const isStray = (name: string) => {
      const sstable = /^.*-(big|bti)-/.exec(name)?.[0];
      if (sstable === undefined || logs.some((text) => text.includes(sstable))) return false;
      const data = join(target, `${sstable}Data.db`);
      return !volume.has(data) || before.has(volume.identityOf(data));
    };
    return names.filter(isStray).map((name) => {
      const aside = `kassette/strays/${target}/${name}`;
      mkdirSync(volume.at(join(aside, '..')), { recursive: true });
      renameSync(volume.at(join(target, name)), volume.at(aside));
      return aside;
    });
  });
}

function linkOrCopy(volume: Volume, from: string, to: string): void {
  if (to.endsWith('-TOC.txt')) writeFileSync(volume.at(to), readFileSync(volume.at(from)), { flag: 'wx' });
  else linkSync(volume.at(from), volume.at(to));
}

function notLoaded({ volume, args: [bytes], input }: Run): string {
  const targets = nulEnded(part(input, 0, bytes));
  for (const target of targets)
    if (!volume.has(target)) throw new Error(`${target}: No such file or directory`);
  const left = targets.flatMap((t) =>
    volume
      .list(t)
      .filter(isOurs)
      .map((name) => join(t, name)),
  );
  return [...left, 'end'].map((l) => `${l}\n`).join('');
}

function isOurs(name: string): boolean {
  return /-[12]\d{9}-/.test(name);
}

function part(input: Buffer, from: number, bytes: string | undefined): Buffer {
  const own = input.subarray(from, from + Number(bytes));
  if (own.length !== Number(bytes)) throw new Error('the input ended early');
  return own;
}

function linesOf(input: Buffer, line: (path: string) => string): string {
  return nulEnded(input)
    .map((path) => `${line(path)}\n`)
    .join('');
}

function nulEnded(list: Buffer): readonly string[] {
  return list.toString().split('\0').filter(Boolean);
}
