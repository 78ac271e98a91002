/**
 * Compares an answer with a recorded one: alike in shape, equal in every word that has a meaning. Values that differ
 * from node to node (addresses, ids, numbers, times) need only be of the same kind.
 * @param open whether objects may have more than was recorded, as a cluster in use has in its gossip
 */
export function difference(recorded: string, answered: string, open = false): string | undefined {
  const expected = parsed(recorded);
  const actual = parsed(answered);
  return compare(expected, actual, '', open);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function compare(expected: unknown, actual: unknown, at: string, open: boolean): string | undefined {
  if (Array.isArray(expected)) return compareLists(expected, actual, at, open);
  if (expected !== null && typeof expected === 'object') return compareObjects(expected, actual, at, open);
  if (kindOf(expected, at) === kindOf(actual, at)) return undefined;
  return `${at || 'body'}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`;
}

/** Lists may differ in length, but not in whether they are empty; every element is like one of the recorded. */
function compareLists(
  expected: readonly unknown[],
  actual: unknown,
  at: string,
  open: boolean,
): string | undefined {
  if (!Array.isArray(actual)) return `${at || 'body'}: ${JSON.stringify(actual)} is not a list`;
  if ((expected.length === 0) !== (actual.length === 0)) return `${at || 'body'}: ${actual.length} elements`;
  for (const [index, element] of actual.entries()) {
    // Names of keyspaces and tables.
    if (open && at === '' && typeof element === 'string') continue;
    const problems = expected.map((one) => compare(one, element, `${at}[${index}]`, open));
    if (!problems.includes(undefined)) return [...new Set(problems)].join('; or ');
  }
  return undefined;
}

function compareObjects(expected: object, actual: unknown, at: string, open: boolean): string | undefined {
  if (actual === null || typeof actual !== 'object') return `${at || 'body'}: ${JSON.stringify(actual)}`;
  // Each strategy has options of its own.
  if (open && at.endsWith('.compaction')) return 'class' in actual ? undefined : `${at}: without class`;
  const wanted = byKind(expected);
  const given = byKind(actual);
  const missing = absent(wanted, given);
  if (missing !== '') return `${at || 'body'}: without ${missing}`;
  const added = absent(given, wanted);
  if (added !== '' && !open) return `${at || 'body'}: ${added} was not recorded`;
  const shared = [...wanted].filter(([key]) => given.has(key) && !OPTIONAL.has(key));
  return shared
    .map(([key, value]) => compare(value, given.get(key), `${at}.${key}`, open))
    .find((problem) => problem !== undefined);
}

/** Keys of the one that the other lacks. */
function absent(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): string {
  return [...one.keys()].filter((key) => !other.has(key) && !OPTIONAL.has(key)).join(', ');
}

/** Gossip has the first only where there are indexes, the others, of before 4.0, only of some nodes. */
const OPTIONAL = new Set(['INDEX_STATUS', 'STATUS', 'INTERNAL_IP', 'RPC_ADDRESS']);

/** Keys that are ids themselves, as schema versions are, count as one. */
function byKind(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).map(([key, inner]) => [UUID.test(key) ? '<uuid>' : key, inner]));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['<uuid>', UUID],
  ['<version>', /^\d+\.\d+\.\d+$/],
  ['<address>', /^([\w.-]*\/)?\d+\.\d+\.\d+\.\d+(:\d+)?$/],
  ['<number>', /^-?\d+(\.\d+)?(E\d+)?$/],
  ['<token>', /^NORMAL,-?\d+$/],
  ['<tokens>', /^-?\d+(,-?\d+)+$/],
  ['<time>', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/],
  ['<format>', /^(big|bti)-[a-z]{2}$/],
  ['<size>', /^\d+(\.\d+)? (bytes|[KMG]iB)$/],
];

/** Names that the recorded cluster happened to have; elsewhere they are others. */
const FREE_NAMES = /\.(name|CLUSTER_NAME|DC|RACK)$/;

function kindOf(value: unknown, at: string): string {
  if (typeof value === 'number') return '<number>';
  if (typeof value !== 'string') return JSON.stringify(value);
  if (FREE_NAMES.test(at)) return '<name>';
  return KINDS.find(([, pattern]) => pattern.test(value))?.[0] ?? JSON.stringify(value);
}
