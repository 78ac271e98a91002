import { type DatasetKeyspace, networkTopology, table, target, times } from '../model.ts';

/** Needs `user_defined_functions_enabled` in cassandra.yaml. */
export function functions(datacenter: string): DatasetKeyspace {
  const sales = target('functions', 'sales');
  return {
    name: 'functions',
    proves: 'functions and aggregates, overloaded, and used by each other',
    replication: networkTopology(datacenter, 3),
    definition: [
      // The same name for different argument types; a body with quotes, semicolons and a line break.
      `CREATE FUNCTION functions.twice (x int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java
        AS $$ String s = "; -- 'quoted'"; /* $ */
          return x * 2; $$`,
      `CREATE FUNCTION functions.twice (x text) CALLED ON NULL INPUT RETURNS text LANGUAGE java
        AS 'return x == null ? "''" : x + x;'`,
      `CREATE FUNCTION functions."Add" (sum bigint, x int) CALLED ON NULL INPUT RETURNS bigint LANGUAGE java
        AS $$ return sum + (x == null ? 0 : x); $$`,
      `CREATE FUNCTION functions."Add" (sum bigint, x bigint) CALLED ON NULL INPUT RETURNS bigint LANGUAGE java
        AS $$ return sum + (x == null ? 0L : x); $$`,
      `CREATE AGGREGATE functions.total (int) SFUNC "Add" STYPE bigint INITCOND 0`,
      `CREATE AGGREGATE functions.total (bigint) SFUNC "Add" STYPE bigint INITCOND 100`,
    ],
    tables: [
      table(sales, {
        proves: 'data beside functions of the same keyspace',
        columns: 'id int PRIMARY KEY, pieces int, cents bigint',
        questions: [
          sales.write('SELECT id, functions.twice(pieces) FROM TABLE'),
          sales.write("SELECT functions.twice((text) 'ab') FROM TABLE WHERE id = ?", 1),
          sales.write('SELECT functions.total(pieces), functions.total(cents) FROM TABLE'),
        ],
        steps: [
          { writes: times(10, (id) => sales.insert({ id, pieces: id, cents: id * 100 })) },
          { writes: times(3, (id) => sales.update({ pieces: 50 + id }, { id })) },
        ],
      }),
    ],
  };
}
