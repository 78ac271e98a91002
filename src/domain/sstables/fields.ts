/** Reads the fields of what Cassandra serializes, one after the other. @throws RangeError where there are no more */
export class Fields {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  skip(bytes: number): void {
    if (bytes < 0 || this.at + bytes > this.#bytes.length)
      throw new RangeError('a field ends behind the end');
    this.at += bytes;
  }

  byte(): number {
    this.skip(1);
    return this.#bytes.readUInt8(this.at - 1);
  }

  short(): number {
    this.skip(2);
    return this.#bytes.readUInt16BE(this.at - 2);
  }

  int(): number {
    this.skip(4);
    return this.#bytes.readInt32BE(this.at - 4);
  }

  /** As `VIntCoding` writes it: the first byte's leading ones are the number of bytes that follow. */
  unsignedVint(): bigint {
    const first = this.byte();
    const more = Math.clz32(~(first << 24) >>> 0);
    let value = BigInt(more >= 7 ? 0 : first & (0xff >> (more + 1)));
    for (let i = 0; i < more; i++) value = (value << 8n) | BigInt(this.byte());
    return value;
  }

  /** Bytes behind their length. */
  vintBytes(): Buffer {
    const length = Number(this.unsignedVint());
    this.skip(length);
    return this.#bytes.subarray(this.at - length, this.at);
  }
}
