import { types } from 'cassandra-driver';
import { type DatasetKeyspace, networkTopology, type Row, table, target, times } from '../model.ts';
import type { Features } from '../release.ts';

/** Every CQL type, each with ordinary values, limits and nulls. */
export function everyType(datacenter: string, features: Features): DatasetKeyspace {
  return {
    name: 'every_type',
    proves: 'every CQL type; user-defined types that use each other',
    replication: networkTopology(datacenter, 3),
    definition: [
      'CREATE TYPE every_type.street (name text, number int)',
      'CREATE TYPE every_type.address (street frozen<street>, zip text, phones frozen<set<text>>)',
      'CREATE TYPE every_type.person (name text, home frozen<address>, past frozen<list<frozen<address>>>)',
    ],
    tables: [scalars(), collections(), userTypesAndTuples(), ...(features.vectors ? [vectors()] : [])],
  };
}

const SCALARS = [
  'a_ascii ascii',
  'a_bigint bigint',
  'a_blob blob',
  'a_boolean boolean',
  'a_date date',
  'a_decimal decimal',
  'a_double double',
  'a_duration duration',
  'a_float float',
  'an_inet inet',
  'an_int int',
  'a_smallint smallint',
  'a_text text',
  'a_time time',
  'a_timestamp timestamp',
  'a_timeuuid timeuuid',
  'a_tinyint tinyint',
  'a_uuid uuid',
  'a_varchar varchar',
  'a_varint varint',
];

function scalars() {
  const all = target('every_type', 'scalars');
  return table(all, {
    proves: 'every scalar type, its limits, its empty and null values',
    columns: `id int PRIMARY KEY, ${SCALARS.join(', ')}`,
    steps: [
      {
        writes: [
          all.insert({ id: 1, ...ordinaryScalars() }),
          all.insert({ id: 2, ...extremeScalars() }),
          all.insert({ id: 3, ...emptyScalars() }),
          all.insert({ id: 4, ...Object.fromEntries(SCALARS.map((column) => [nameOf(column), null])) }),
        ],
      },
      { writes: [all.update({ a_text: 'rewritten', a_duration: duration(14, 3, 5n) }, { id: 1 })] },
    ],
  });
}

function nameOf(column: string): string {
  return column.slice(0, column.indexOf(' '));
}

function duration(months: number, days: number, nanoseconds: bigint): types.Duration {
  return new types.Duration(months, days, types.Long.fromString(nanoseconds.toString()));
}

function ordinaryScalars(): Row {
  return {
    a_ascii: 'plain',
    a_bigint: types.Long.fromString('1234567890123'),
    a_blob: Buffer.from('00ff10', 'hex'),
    a_boolean: true,
    a_date: types.LocalDate.fromString('2024-02-29'),
    a_decimal: types.BigDecimal.fromString('12345.678900'),
    a_double: 0.1,
    a_duration: duration(1, 2, 3_000_000_004n),
    a_float: 1.5,
    an_inet: types.InetAddress.fromString('192.0.2.1'),
    an_int: -42,
    a_smallint: 300,
    a_text: 'ünïcode 🎞 "quoted" \'too\'\n',
    a_time: types.LocalTime.fromString('23:59:59.999999999'),
    a_timestamp: new Date('2024-02-29T12:34:56.789Z'),
    a_timeuuid: types.TimeUuid.fromString('2b0f8a80-d6f5-11ee-8c90-0800200c9a66'),
    a_tinyint: 7,
    a_uuid: types.Uuid.fromString('123e4567-e89b-42d3-a456-426614174000'),
    a_varchar: 'varchar',
    a_varint: types.Integer.fromString('-98765432109876543210987654321'),
  };
}

function extremeScalars(): Row {
  return {
    a_ascii: '~'.repeat(200),
    a_bigint: types.Long.MIN_VALUE,
    a_blob: Buffer.alloc(5000, 0xab),
    a_boolean: false,
    a_date: types.LocalDate.fromString('-0001-12-31'),
    a_decimal: types.BigDecimal.fromString('-0.000000000000000000000000000001'),
    a_double: Number.MAX_VALUE,
    a_duration: duration(-13, -2, -9_000_000_000n),
    a_float: Number.NEGATIVE_INFINITY,
    an_inet: types.InetAddress.fromString('2001:db8::ff'),
    an_int: 2147483647,
    a_smallint: -32768,
    a_text: '\u0000;--$$/* */',
    a_time: types.LocalTime.fromString('00:00:00'),
    a_timestamp: new Date(-1),
    a_timeuuid: types.TimeUuid.fromString('00000000-0000-1000-8080-808080808080'),
    a_tinyint: -128,
    a_uuid: types.Uuid.fromString('ffffffff-ffff-4fff-bfff-ffffffffffff'),
    a_varchar: 'v'.repeat(3000),
    a_varint: types.Integer.fromString('9'.repeat(60)),
  };
}

function emptyScalars(): Row {
  return {
    a_ascii: '',
    a_blob: Buffer.alloc(0),
    a_text: '',
    a_varchar: '',
    a_double: Number.NaN,
    a_float: -0,
    a_decimal: types.BigDecimal.fromString('0.00'),
    a_varint: types.Integer.fromString('0'),
    an_int: 0,
    a_duration: duration(0, 0, 0n),
  };
}

function collections() {
  const bags = target('every_type', 'collections');
  const nested = (n: number) => new Map([[n, [`a${n}`, `b${n}`]]]);
  return table(bags, {
    proves: 'collections, frozen and not: elements appended, replaced and removed in several SSTables',
    columns:
      'id int PRIMARY KEY, a_list list<text>, a_set set<int>, a_map map<text, timestamp>, ' +
      'frozen_list frozen<list<int>>, frozen_map frozen<map<int, text>>, nested map<int, frozen<list<text>>>, ' +
      'deep frozen<map<text, frozen<set<frozen<list<int>>>>>>',
    steps: [
      {
        writes: times(10, (id) =>
          bags.insert({
            id,
            a_list: ['one', 'two', 'three'],
            a_set: [id, 2, 3],
            a_map: new Map([
              ['k', new Date(id)],
              ['gone', new Date(0)],
            ]),
            frozen_list: [1, 2, id],
            frozen_map: new Map([[id, 'x']]),
            nested: nested(id),
            deep: new Map([['d', [[1, 2], [3]]]]),
          }),
        ),
      },
      {
        writes: [
          bags.write(
            'UPDATE TABLE SET a_list = a_list + ?, a_set = a_set - ? WHERE id = ?',
            ['four'],
            [2],
            1,
          ),
          bags.write('UPDATE TABLE SET a_list = ? + a_list WHERE id = ?', ['zero'], 2),
          bags.write(
            'UPDATE TABLE USING TTL 86400 SET a_map[?] = ? WHERE id = ?',
            'short-lived',
            new Date(5),
            3,
          ),
          bags.write('DELETE a_map[?] FROM TABLE WHERE id = ?', 'gone', 4),
          bags.write('UPDATE TABLE SET a_list[?] = ? WHERE id = ?', 1, 'replaced', 5),
          bags.update({ a_set: [], nested: nested(99) }, { id: 6 }),
        ],
      },
      { writes: [bags.write('UPDATE TABLE SET a_set = a_set + ? WHERE id = ?', [77], 7)] },
    ],
    flushed: true,
  });
}

function userTypesAndTuples() {
  const people = target('every_type', 'user_types_and_tuples');
  const address = (n: number) => ({
    street: { name: `street ${n}`, number: n },
    zip: `${1000 + n}`,
    phones: ['1', '2'],
  });
  const person = (n: number) => ({
    name: `person ${n}`,
    home: address(n),
    past: [address(n + 1), address(n + 2)],
  });
  return table(people, {
    proves: 'user-defined types, nested three deep, frozen and field by field; tuples',
    columns:
      'id int PRIMARY KEY, whole frozen<person>, by_field address, by_type map<text, frozen<street>>, ' +
      'a_tuple tuple<int, text, frozen<tuple<double, boolean>>>, tuples list<frozen<tuple<int, text>>>',
    steps: [
      {
        writes: times(8, (id) =>
          people.insert({
            id,
            whole: person(id),
            by_field: address(id),
            by_type: new Map([['first', { name: 's', number: id }]]),
            a_tuple: new types.Tuple(id, 'text', new types.Tuple(0.5, true)),
            tuples: [new types.Tuple(1, 'a'), new types.Tuple(2, null)],
          }),
        ),
      },
      {
        writes: [
          people.write('UPDATE TABLE SET by_field.zip = ? WHERE id = ?', 'changed', 1),
          people.write('UPDATE TABLE SET by_field.street = null WHERE id = ?', 2),
          people.insert({ id: 3, whole: { name: 'no home' }, a_tuple: new types.Tuple(null, null, null) }),
        ],
      },
    ],
  });
}

function vectors() {
  const embeddings = target('every_type', 'vectors');
  return table(embeddings, {
    proves: 'vectors, of floats and of other fixed-size values',
    columns: 'id int PRIMARY KEY, floats vector<float, 3>, ints vector<int, 2>',
    steps: [
      {
        writes: times(8, (id) =>
          embeddings.insert({ id, floats: vector([id, 0.5, -1], 'float'), ints: vector([id, -id], 'int') }),
        ),
      },
      { writes: [embeddings.update({ floats: vector([9, 9, 9], 'float') }, { id: 1 })] },
    ],
  });
}

function vector(values: readonly number[], type: string): types.Vector {
  return new types.Vector([...values], type);
}
