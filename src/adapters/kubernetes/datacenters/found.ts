import type { CassandraDatacenter } from '../client/resources.ts';

/** What the other adapters have to know of a datacenter beyond the domain's view; by the datacenter's object name. */
export type Found = Map<string, CassandraDatacenter>;
