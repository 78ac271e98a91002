/** The CRC-32 polynomial, its lowest bit first. */
const POLYNOMIAL = 0xedb88320;

/**
 * The CRC-32 of some bytes and others behind them, from the CRCs of both and the length of the second. Zeros behind the first multiply
 * its CRC by a power of x, modulo the polynomial; that is found by squaring. Source: zlib's `crc32_combine`.
 */
export function joinedCrc32(first: number, second: number, secondBytes: number): number {
  let shifted = first;
  // x to the eighth: one byte of zeros.
  let power = 0x00800000;
  for (let bytes = secondBytes; bytes > 0; bytes = Math.floor(bytes / 2)) {
    if (bytes % 2 === 1) shifted = product(power, shifted);
    power = product(power, power);
  }
  return (shifted ^ second) >>> 0;
}

/** Of two polynomials modulo the one of CRC-32; the highest bit is the coefficient of 1. */
function product(a: number, b: number): number {
  let result = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if (((a >>> bit) & 1) === 1) result ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return result >>> 0;
}
