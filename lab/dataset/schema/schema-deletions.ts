import { type DatasetKeyspace, networkTopology, table, target, times } from '../model.ts';

const HOUR = 3600;
/** Nothing that is to be there expires sooner: a loaded cluster is kept for a day and cloned; see lab/golden.ts. */
const DAY = 24 * HOUR;

export function deletions(datacenter: string): DatasetKeyspace {
  return {
    name: 'deletions',
    proves: 'what was deleted or expired stays so; what will expire does so at the same moment',
    replication: networkTopology(datacenter, 3),
    definition: [],
    tables: [tombstones(), cellsWithTtl(), tableWithTtl()],
  };
}

function tombstones() {
  const rows = target('deletions', 'tombstones');
  return table(rows, {
    proves: 'cell, row, range and partition tombstones in a later SSTable than what they hide',
    columns: 'part int, seq int, a text, b text, tags set<text>, PRIMARY KEY (part, seq)',
    steps: [
      {
        writes: times(100, (n) =>
          rows.insert({ part: Math.floor(n / 20), seq: n % 20, a: `a${n}`, b: `b${n}`, tags: ['x', 'y'] }),
        ),
      },
      {
        writes: [
          rows.remove({ part: 0, seq: 0 }, ['a']),
          rows.remove({ part: 0, seq: 1 }, ['tags']),
          rows.remove({ part: 1, seq: 5 }),
          rows.write('DELETE FROM TABLE WHERE part = ? AND seq > ? AND seq <= ?', 2, 3, 11),
          rows.write('DELETE FROM TABLE WHERE part = ? AND seq >= ?', 2, 18),
          rows.remove({ part: 3 }),
          rows.insert({ part: 4, seq: 0, a: null, b: 'b is left' }),
        ],
      },
      {
        writes: [
          rows.insert({ part: 3, seq: 7, a: 'after the partition tombstone' }),
          rows.remove({ part: 4, seq: 3 }),
        ],
      },
    ],
    flushed: true,
  });
}

function cellsWithTtl() {
  const rows = target('deletions', 'cells_with_ttl');
  return table(rows, {
    proves: 'each cell expires when it would have, and what has expired does not come back',
    columns: 'id int PRIMARY KEY, short text, long text, forever text',
    steps: [
      {
        writes: [
          ...times(20, (id) => rows.insert({ id, short: 's', long: 'l' }, 2 * DAY)),
          ...times(10, (id) => rows.update({ long: 'longer', forever: 'f' }, { id }, 30 * DAY)),
          ...times(5, (id) => rows.update({ forever: 'really' }, { id })),
          // Gone long before anything is recorded; the cell's file still holds it.
          ...times(5, (id) => rows.insert({ id: id + 1000, short: 'expired' }, 1)),
        ],
      },
      { writes: times(5, (id) => rows.update({ short: null }, { id: id + 2 }, 3 * DAY)) },
      { writes: times(3, (id) => rows.insert({ id: id + 500, short: 'unflushed' }, 5 * DAY)) },
    ],
    flushed: true,
  });
}

function tableWithTtl() {
  const rows = target('deletions', 'table_with_ttl');
  return table(rows, {
    proves: "a table's default_time_to_live; TTL 0 overrides it",
    columns: 'id int PRIMARY KEY, value text',
    options: `default_time_to_live = ${7 * DAY} AND gc_grace_seconds = ${HOUR}`,
    steps: [
      { writes: times(10, (id) => rows.insert({ id, value: 'default' })) },
      {
        writes: [
          rows.insert({ id: 2, value: 'forever' }, 0),
          rows.insert({ id: 3, value: 'sooner' }, 2 * DAY),
        ],
      },
    ],
  });
}
