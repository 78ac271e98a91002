import { randomBytes } from 'node:crypto';
import type { Client } from 'cassandra-driver';
import { define } from '../../lab/dataset/define.ts';

const KEYSPACE = 'load';
const VALUE_BYTES = 1024;
const WORKERS = 32;
const value = randomBytes(VALUE_BYTES);

export async function makeLoadTable(client: Client, datacenter: string, replicas: number): Promise<void> {
  await define(client, [
    `CREATE KEYSPACE ${KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replicas}}`,
    `CREATE TABLE ${KEYSPACE}.t (id bigint PRIMARY KEY, v blob)`,
  ]);
}

/** Write rows of a kibibyte, a few at a time, for as long as `more` says; answers how long each took, milliseconds. */
export async function writeRows(client: Client, from: number, more: () => boolean): Promise<number[]> {
  const latencies: number[] = [];
  let next = from;
  const work = async () => {
    while (more()) {
      const started = performance.now();
      const cql = `INSERT INTO ${KEYSPACE}.t (id, v) VALUES (?, ?)`;
      await client.execute(cql, [next++, value], { prepare: true });
      latencies.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return latencies;
}
