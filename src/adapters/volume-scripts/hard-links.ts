import type { SizedInput } from '../../ports/node-shell.ts';

const BLOCK = 512;
/** As much as a header has room for. */
const MOST_NAME = 100;
const AT_ONCE = 64 * 1024;

/**
 * A tar stream of hard links: `[existing, new]` paths. No file content is in it, so nothing can be copied. In GNU's format,
 * because only GNU tar is given it.
 */
export function hardLinks(
  links: Iterable<readonly [string, string]>,
): SizedInput & { readonly count: number } {
  let [count, bytes] = [0, 2 * BLOCK];
  for (const [existing, name] of links) {
    count++;
    bytes += BLOCK + longBytes(existing) + longBytes(name);
  }
  return { count, bytes, chunks: () => pieces(entries(links)) };
}

function* entries(links: Iterable<readonly [string, string]>): Generator<Buffer> {
  for (const [existing, name] of links) {
    if (longBytes(existing) > 0) yield* long('K', existing);
    if (longBytes(name) > 0) yield* long('L', name);
    yield header('1', name, existing, 0);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function longBytes(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes <= MOST_NAME ? 0 : BLOCK + blocks(bytes + 1);
}

/** A text that has no room in the header that follows. */
function* long(type: 'K' | 'L', text: string): Generator<Buffer> {
  const bytes = Buffer.byteLength(text) + 1;
  yield header(type, '././@LongLink', '', bytes);
  const body = Buffer.alloc(blocks(bytes));
  body.write(text);
  yield body;
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

const EMPTY = Buffer.alloc(BLOCK);
// Mode, owner, group, size, time, and the place of the checksum, which counts as spaces in itself.
EMPTY.write(
  ['0000644', '0000000', '0000000', '00000000000', '00000000000', '        '].join('\0'),
  MOST_NAME,
);
EMPTY.write('ustar  \0', 257);

function header(type: string, name: string, existing: string, bytes: number): Buffer {
  const block = Buffer.from(EMPTY);
  block.write(name, 0, MOST_NAME);
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  block.write(type, 156);
  block.write(existing, 157, MOST_NAME);
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += block[i] ?? 0;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Small ones put together. */
export function* pieces(parts: Iterable<Uint8Array>): Generator<Buffer> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const part of parts) {
    batch.push(part);
    bytes += part.length;
    if (bytes < AT_ONCE) continue;
    yield Buffer.concat(batch);
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(batch);
}
