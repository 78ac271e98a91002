import { after } from 'node:test';
import { World } from '../../simulation/cluster/world.ts';

const made: World[] = [];
after(() => {
  for (const world of made) world.remove();
});

/** A simulated cluster of two nodes with a row in table `ks.t`, removed at the end of the file. */
export function worldWithTable(value = 'a row'): World {
  const world = World.make({ dc0: 2 });
  made.push(world);
  world.cluster.change(
    "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '2'}",
  );
  world.cluster.change("CREATE TABLE ks.t (id text PRIMARY KEY, value text) WITH comment = ''");
  world.cluster.write('ks', 't', 'a', value);
  return world;
}
