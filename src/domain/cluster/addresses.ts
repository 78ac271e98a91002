/**
 * An address in the one form in which addresses are compared: Kubernetes writes IPv6 short (`fd00::1`), Cassandra writes it long
 * (`fd00:0:0:0:0:0:0:1`). What is no address stays as it is.
 */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [bare = ''] = address.replace(/^\[|\]$/g, '').split('%');
  if (!/^[\da-fA-F:.]+$/.test(bare) || !URL.canParse(`http://[${bare}]`)) return address;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  // An IPv4 address that is written as IPv6: Java knows no such.
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const value = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((bits) => (value >>> bits) & 255).join('.');
}

/** `host:port` as a URL has it: IPv6 in brackets. */
export function endpointOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether one of these is that address. */
export function includesAddress(addresses: readonly string[], address: string): boolean {
  const plain = plainAddress(address);
  return addresses.some((a) => plainAddress(a) === plain);
}
