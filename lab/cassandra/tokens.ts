const RING = 2n ** 64n;
const LOWEST = -(2n ** 63n);

/**
 * Tokens for every node of a new ring, fixed in advance so that all nodes can start at once: the ring is cut into equal
 * parts which the nodes own in turn, with a rotation in each round so that ranges do not always have the same replicas.
 */
export function initialTokens(nodes: number, perNode: number): readonly (readonly string[])[] {
  const parts = nodes * perNode;
  const owned: string[][] = Array.from({ length: nodes }, () => []);
  for (let part = 0; part < parts; part += 1) {
    const round = Math.floor(part / nodes);
    const token = LOWEST + (RING * BigInt(part)) / BigInt(parts) + RING / BigInt(parts * 2);
    owned[(part + round) % nodes]?.push(token.toString());
  }
  return owned;
}
