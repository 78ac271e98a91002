/** CQL type → the class that Cassandra keeps it as. Source: `CQL3Type.Native`. */
const CLASSES: Readonly<Record<string, string>> = {
  ascii: 'AsciiType',
  bigint: 'LongType',
  blob: 'BytesType',
  boolean: 'BooleanType',
  counter: 'CounterColumnType',
  date: 'SimpleDateType',
  decimal: 'DecimalType',
  double: 'DoubleType',
  duration: 'DurationType',
  float: 'FloatType',
  inet: 'InetAddressType',
  int: 'Int32Type',
  list: 'ListType',
  map: 'MapType',
  set: 'SetType',
  smallint: 'ShortType',
  text: 'UTF8Type',
  time: 'TimeType',
  timestamp: 'TimestampType',
  timeuuid: 'TimeUUIDType',
  tinyint: 'ByteType',
  tuple: 'TupleType',
  uuid: 'UUIDType',
  varchar: 'UTF8Type',
  varint: 'IntegerType',
  vector: 'VectorType',
};

/** The class of a CQL type without its parameters: `frozen<map<int, text>>` → `MapType`; any other name is a user's. */
export function classOfCqlType(type: string): string {
  const thawed = /^frozen\s*<(.*)>$/is.exec(type.trim())?.[1] ?? type;
  const head = /^\s*("?)(\w+)/.exec(thawed);
  if (head === null || head[1] === '"') return 'UserType';
  return CLASSES[(head[2] ?? '').toLowerCase()] ?? 'UserType';
}

/** The same of a class as Cassandra writes it: `org.….FrozenType(org.….MapType(…))` → `MapType`. */
export function classOfMarshalType(text: string): string {
  const bare = text.trim().replaceAll('org.apache.cassandra.db.marshal.', '');
  const inner = /^FrozenType\((.*)\)$/s.exec(bare)?.[1] ?? bare;
  return inner.split('(')[0] ?? inner;
}
