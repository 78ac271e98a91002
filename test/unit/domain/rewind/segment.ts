import { crc32 } from 'node:zlib';

/** A segment as Cassandra 5.0 writes it: sections of mutations, whose content says nothing. */
export function segment(
  id: bigint,
  sections: readonly (readonly number[])[],
  settings = '{}',
  size = 4096,
): Buffer {
  const parts = [header(id, settings)];
  let at = parts[0]?.length ?? 0;
  for (const sizes of sections) {
    const mutations = Buffer.concat(sizes.map(mutation));
    const end = at + 8 + mutations.length;
    parts.push(Buffer.concat([int(end), int(crc32(Buffer.concat([idOf(id), int(at)])))]), mutations);
    at = end;
  }
  return Buffer.concat([...parts, Buffer.alloc(Math.max(0, size - at))]);
}

function header(id: bigint, settings: string, version = 8): Buffer {
  const long = Buffer.alloc(8);
  long.writeBigInt64BE(id);
  const text = Buffer.from(settings);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  const sum = crc32(Buffer.concat([int(version), idOf(id), int(text.length), text]));
  return Buffer.concat([int(version), long, length, text, int(sum)]);
}

function mutation(size: number): Buffer {
  const body = Buffer.alloc(size, 7);
  return Buffer.concat([
    int(size),
    int(crc32(int(size))),
    body,
    int(crc32(Buffer.concat([int(size), body]))),
  ]);
}

/** The lower half first, as its checksums have it. */
function idOf(id: bigint): Buffer {
  return Buffer.concat([int(Number(id & 0xffffffffn)), int(Number(id >> 32n))]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}
