import { type DatasetKeyspace, networkTopology, simple, table, target, times } from '../model.ts';
import { type Features, usingLegacyIndex } from '../release.ts';

/** The reference's own example, with fixed ids where it calls uuid(). */
export function restaurants(): DatasetKeyspace {
  const guests = target('restaurants', 'guests');
  const birthday = new Date('1972-11-22T00:00:00Z');
  const names = [
    ['Michael', 'Courcy'],
    ['Michael', 'Cycour'],
    ['Mic', 'Cour'],
  ] as const;
  return {
    name: 'restaurants',
    proves: "the reference's example comes back; SimpleStrategy, replication 3",
    replication: simple(3),
    definition: [],
    tables: [
      table(guests, {
        proves: 'the three rows of the reference',
        columns: 'id uuid PRIMARY KEY, firstname text, lastname text, birthday timestamp',
        steps: [
          {
            writes: names.map(([firstname, lastname], index) =>
              guests.insert({
                id: `6f1d2c00-0000-4000-8000-00000000000${index + 1}`,
                firstname,
                lastname,
                birthday,
              }),
            ),
          },
        ],
      }),
    ],
  };
}

/** Every name here breaks a tool that does not quote, splits at spaces or semicolons, or folds case. */
export function quotedNames(datacenter: string, features: Features): DatasetKeyspace {
  return {
    name: 'Order',
    proves: 'keyword and case-sensitive names of every kind of object',
    replication: networkTopology(datacenter, 3),
    definition: [`CREATE TYPE "Order"."Type" ("Frozen" int, "field; one" text, "to" frozen<list<text>>)`],
    tables: [keywordTable(features), caseTwin()],
  };
}

function keywordTable(features: Features) {
  const beyondAscii = features.namesBeyondBasicPlane ? 'été 🎞' : 'été';
  const select = target('Order', 'select');
  const row = (id: number) => ({
    from: id,
    'Camel Case': `camel ${id}`,
    'semi;colon': `a;b;${id}`,
    'dollars $$': '$$ not a body $$',
    '-- no comment': id * 2,
    'a "quoted" name': 'it\'s "quoted"',
    [beyondAscii]: 'film 🎞',
    type: { Frozen: id, 'field; one': 'x\'); DROP KEYSPACE "Order"; --', to: ['a', 'b'] },
  });
  return table(select, {
    proves: 'columns named by keywords, with spaces, semicolons, quotes, comment marks, letters beyond ASCII',
    columns:
      '"from" int PRIMARY KEY, "Camel Case" text, "semi;colon" text, "dollars $$" text, "-- no comment" int, ' +
      `"a ""quoted"" name" text, "${beyondAscii}" text, "type" frozen<"Type">`,
    // A storage-attached one allows no such name of a column.
    extras: [`CREATE INDEX "Where_Camel" ON ${select.cql} ("Camel Case")${usingLegacyIndex(features)}`],
    steps: [
      { writes: times(20, (id) => select.insert(row(id))) },
      { writes: times(10, (id) => select.insert(row(id + 15))) },
    ],
    questions: [select.write('SELECT "from" FROM TABLE WHERE "Camel Case" = ?', 'camel 17')],
    flushed: true,
  });
}

function caseTwin() {
  const twin = target('Order', 'SELECT');
  return table(twin, {
    proves: 'a table whose name differs from another only in case keeps its own rows',
    columns: '"KEY" text, "key" text, "Value" text, PRIMARY KEY ("KEY", "key")',
    steps: [
      { writes: times(5, (id) => twin.insert({ KEY: 'upper', key: `lower ${id}`, Value: `twin ${id}` })) },
    ],
  });
}

export function systemInTheMiddle(): DatasetKeyspace {
  const log = target('my_system_data', 'system_log');
  const local = target('my_system_data', 'local');
  return {
    name: 'my_system_data',
    proves: 'a filter on the word "system" would lose this keyspace; SimpleStrategy, replication 2',
    replication: simple(2),
    definition: [],
    tables: [
      table(log, {
        proves: 'a table whose name begins with "system"',
        columns: 'id int PRIMARY KEY, line text',
        steps: [
          { writes: times(60, (id) => log.insert({ id, line: `line ${id}` })) },
          { writes: times(20, (id) => log.insert({ id: id + 50, line: `second ${id}` })) },
          { writes: times(5, (id) => log.insert({ id: id + 100, line: `unflushed ${id}` })) },
        ],
        flushed: true,
        compacted: true,
      }),
      table(local, {
        proves: 'a table named as one of the system keyspace',
        columns: 'key text PRIMARY KEY, cluster_name text',
        steps: [{ writes: [local.insert({ key: 'local', cluster_name: 'not the system one' })] }],
      }),
    ],
  };
}

export function systemAtTheStart(datacenter: string): DatasetKeyspace {
  const ledger = target('system_of_record', 'ledger');
  return {
    name: 'system_of_record',
    proves: "a user's keyspace that begins with system_; NetworkTopologyStrategy, replication 2",
    replication: networkTopology(datacenter, 2),
    definition: [],
    tables: [
      table(ledger, {
        proves: 'a filter on the prefix system_ would lose this table',
        columns: 'account int, entry int, cents bigint, PRIMARY KEY (account, entry)',
        steps: [
          { writes: times(60, (n) => ledger.insert({ account: n % 6, entry: n, cents: n * 100 })) },
          { writes: times(12, (n) => ledger.insert({ account: n % 6, entry: n, cents: -n })) },
          { writes: times(6, (n) => ledger.insert({ account: n, entry: 1000, cents: 1 })) },
        ],
      }),
    ],
  };
}
