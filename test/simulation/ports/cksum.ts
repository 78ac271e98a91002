/** What POSIX `cksum` says of some bytes, bit by bit as the standard defines it: what it is compared with is not. */
export function cksum(content: Uint8Array): number {
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.push(rest % 256);
  let sum = 0;
  for (const byte of [...content, ...length]) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0);
  }
  return ~sum >>> 0;
}
