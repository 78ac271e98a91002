import { buildCassandraImage } from './cassandra-image.ts';

/* Makes images by hand: node test/e2e/bed/image/main.ts 5.0.6 4.0.1 */
for (const version of process.argv.slice(2)) console.log(await buildCassandraImage(version));
