import {
  type DatasetKeyspace,
  networkTopology,
  simple,
  type Target,
  table,
  target,
  times,
} from '../model.ts';

export function shapes(datacenter: string): DatasetKeyspace {
  return {
    name: 'shapes',
    proves: 'primary keys, clustering and static columns of every shape',
    replication: networkTopology(datacenter, 3),
    definition: [],
    tables: [compositeKey(), reversedWithStatic(), keyOnly(), visits(target('shapes', 'counters'))],
  };
}

function compositeKey() {
  const readings = target('shapes', 'composite_key_mixed_order');
  const row = (n: number, value: string) => ({
    sensor: `sensor ${n % 4}`,
    day: `2024-02-${String(26 + (n % 4)).padStart(2, '0')}`,
    hour: Math.floor(n / 4),
    label: `label ${n % 3}`,
    value,
  });
  return table(readings, {
    proves: 'a composite partition key, two clustering columns in opposite orders',
    columns:
      'sensor text, day date, hour int, label text, value text, PRIMARY KEY ((sensor, day), hour, label)',
    options: 'CLUSTERING ORDER BY (hour DESC, label ASC)',
    steps: [
      { writes: times(96, (n) => readings.insert(row(n, `first ${n}`))) },
      { writes: times(48, (n) => readings.insert(row(n + 24, `second ${n}`))) },
      { writes: times(12, (n) => readings.insert(row(n + 90, `third ${n}`))) },
    ],
    flushed: true,
  });
}

function reversedWithStatic() {
  const posts = target('shapes', 'static_and_reversed');
  const at = (n: number) => new Date(Date.UTC(2024, 0, 1, n));
  return table(posts, {
    proves: 'static columns, also of a partition without rows; newest first',
    columns:
      'author text, at timestamp, bio text static, links set<text> static, body text, PRIMARY KEY (author, at)',
    options: 'CLUSTERING ORDER BY (at DESC)',
    steps: [
      {
        writes: [
          ...times(40, (n) => posts.insert({ author: `a${n % 4}`, at: at(n), body: `post ${n}` })),
          ...times(4, (n) => posts.insert({ author: `a${n}`, bio: `bio ${n}`, links: ['x', `y${n}`] })),
          posts.insert({ author: 'only static', bio: 'has no posts' }),
        ],
      },
      {
        writes: [
          posts.update({ bio: 'rewritten' }, { author: 'a1' }),
          posts.remove({ author: 'a2' }, ['bio']),
        ],
      },
      { writes: [posts.insert({ author: 'a3', at: at(99), body: 'unflushed' })] },
    ],
    flushed: true,
    compacted: true,
  });
}

function keyOnly() {
  const members = target('shapes', 'key_only');
  return table(members, {
    proves: 'rows that consist of their key alone: only the row marker says that they exist',
    columns: 'club text, member int, nickname text, PRIMARY KEY (club, member)',
    steps: [
      {
        writes: [
          ...times(20, (member) => members.insert({ club: 'chess', member })),
          // Made by UPDATE these rows have no marker: they vanish with their last cell.
          ...times(4, (n) => members.update({ nickname: 'ghost' }, { club: 'chess', member: 100 + n })),
        ],
      },
      {
        writes: [
          ...times(2, (n) => members.remove({ club: 'chess', member: 100 + n }, ['nickname'])),
          members.insert({ club: 'chess', member: 3, nickname: null }),
        ],
      },
    ],
  });
}

/** Replication 1: what one volume loses no other has. */
export function single(datacenter: string): DatasetKeyspace {
  const rows = target('replicated_once', 'rows');
  return {
    name: 'replicated_once',
    proves: "each node's part is restored to that node; NetworkTopologyStrategy, replication 1",
    replication: networkTopology(datacenter, 1),
    definition: [],
    tables: [
      table(rows, {
        proves: 'rows that exist on one node only',
        columns: 'id int PRIMARY KEY, value text',
        steps: [
          { writes: times(90, (id) => rows.insert({ id, value: `one copy of ${id}` })) },
          { writes: times(30, (id) => rows.insert({ id: id * 3, value: `overwritten ${id}` })) },
        ],
        flushed: true,
      }),
    ],
  };
}

export function counters(): DatasetKeyspace {
  return {
    name: 'counted',
    proves: 'counters with a single replica; SimpleStrategy, replication 1',
    replication: simple(1),
    definition: [],
    tables: [visits(target('counted', 'counters'))],
  };
}

function visits(counted: Target) {
  const add = (n: number, page: string) =>
    counted.write(
      'UPDATE TABLE SET visits = visits + ?, leads = leads - 1 WHERE site = ? AND page = ?',
      n,
      'a',
      page,
    );
  return table(counted, {
    proves: 'counters: shards in several SSTables add up once, not twice',
    columns: 'site text, page text, visits counter, leads counter, PRIMARY KEY (site, page)',
    steps: [
      { writes: times(30, (n) => add(n, `page ${n % 10}`)) },
      {
        writes: [
          ...times(20, (n) => add(1000 * n, `page ${n % 5}`)),
          counted.remove({ site: 'a', page: 'page 9' }),
        ],
      },
      { writes: times(5, (n) => add(7, `page ${n}`)) },
    ],
    flushed: true,
  });
}
