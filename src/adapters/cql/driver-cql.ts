import type { ConnectionOptions } from 'node:tls';
import cassandra from 'cassandra-driver';
import type { Permission, Trigger } from '../../domain/backup/manifest.ts';
import { plainAddress } from '../../domain/cluster/addresses.ts';
import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { qualified } from '../../domain/schema/cql-text.ts';
import type { SchemaSettings } from '../../domain/schema/schema-settings.ts';
import type {
  Batches,
  Cql,
  CqlIdentity,
  CqlSession,
  CqlTls,
  CredentialOrigin,
  Credentials,
  IndexBuild,
  RepairSession,
} from '../../ports/cql.ts';
import { connectError, failed, reason } from './cql-errors.ts';
import { insteadOfAll } from './existing-replicas.ts';
import { identityCheck } from './identity.ts';
import {
  BUILT,
  buildsOf,
  COUNT_AS_BUILT,
  COUNT_AS_UNBUILT,
  INDEXES,
  TASKS,
  VIEWS,
  viewProgressOf,
} from './index-builds.ts';
import { describeSchema, schemaSettings, TRIGGERS, triggerOf } from './schema-rows.ts';
import { DIRECTORIES, directoriesFrom } from './settings.ts';

export interface CqlOptions {
  /** Looked up when a session is opened, so that a rotated secret is seen. */
  credentials(datacenters: readonly Datacenter[]): Promise<Credentials>;
  /** Milliseconds for one statement. */
  readonly timeoutMs: number;
  /** For clusters whose CQL clients use TLS, whatever comes with the credentials. */
  readonly tls?: CqlTls | undefined;
  /** Whom their certificates name, whatever comes with the credentials. */
  readonly identity?: CqlIdentity | undefined;
}

/** TRUNCATE waits for a flush and a snapshot on every node. */
const SLOW_STATEMENT_FACTOR = 4;
/** One is kept for each partition that was last written to by a lightweight transaction; so many are read in some ten seconds. */
const MOST_PAXOS_ROWS = 1_000_000;

/** FINALIZED and FAILED. Source: `ConsistentSession.State` of Cassandra 4.0 to 5.0. */
const ENDED: ReadonlySet<number> = new Set([4, 5]);

/** CQL over `cassandra-driver`, to the nodes' own addresses. */
export function driverCql(options: CqlOptions): Cql {
  return {
    async open(datacenters) {
      const nodes = datacenters.flatMap((d) => d.nodes);
      const { username, password, tls, identity, origin } = await options.credentials(datacenters);
      const secured = options.tls ?? tls;
      const client = new cassandra.Client({
        contactPoints: nodes.slice(0, 5).map((n) => n.cqlEndpoint),
        credentials: { username, password },
        ...(secured === undefined
          ? {}
          : {
              sslOptions: sslOptions(
                secured,
                identityCheck(datacenters, options.identity ?? identity ?? AUTO),
              ),
            }),
        // Each statement waiting for agreement would be most of a restore's time: it is awaited once, at the end.
        protocolOptions: { maxSchemaAgreementWaitSeconds: 0 },
        isMetadataSyncEnabled: false,
        // Some statements are for one certain node, in whatever datacenter: the driver wants its connection to be there.
        policies: {
          // These nodes and no other: a copy of a cluster remembers the original's addresses, and there its statements would
          // destroy what nobody meant.
          loadBalancing: new cassandra.policies.loadBalancing.AllowListPolicy(
            new cassandra.policies.loadBalancing.RoundRobinPolicy(),
            nodes.map(hostKey),
          ),
          addressResolution: knownEndpoints(nodes),
        },
        pooling: { warmup: true },
        socketOptions: { readTimeout: options.timeoutMs, connectTimeout: options.timeoutMs },
        queryOptions: { consistency: cassandra.types.consistencies.quorum, prepare: false },
      });
      try {
        await client.connect();
      } catch (cause) {
        await client.shutdown().catch(() => {});
        throw connectError(cause, nodes, origin);
      }
      const hosts = nodes.flatMap((n) => client.hosts.get(hostKey(n)) ?? []);
      return new DriverSession(client, hosts[0], options.timeoutMs, origin);
    },
  };
}

const AUTO: CqlIdentity = { verify: 'auto', names: [] };

function sslOptions(
  { ca, cert, key }: CqlTls,
  checkServerIdentity: ReturnType<typeof identityCheck>,
): ConnectionOptions {
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  return { ca, ...own, rejectUnauthorized: true, checkServerIdentity };
}

/** What the driver calls a node: unlike in a contact point, IPv6 is not in brackets there, and it connects to what is before the last colon. */
function hostKey({ cqlEndpoint }: Node): string {
  return cqlEndpoint.replace(/^\[(.*)\](?=:\d+$)/, '$1');
}

/** The ring reports the nodes' addresses; where a tunnel leads to one, that is taken. */
function knownEndpoints(nodes: readonly Node[]) {
  const endpoints = new Map(nodes.map((n) => [plainAddress(n.address), hostKey(n)]));
  // The driver wants an instance of its own class, which its types do not have as one.
  const translator = cassandra.defaultOptions().policies?.addressResolution;
  if (translator === undefined) {
    throw new KassetteError('INTERNAL', 'The driver has no default address resolution', 'Report this.');
  }
  translator.translate = (address, port, callback) =>
    callback(endpoints.get(plainAddress(address)) ?? `${address}:${port}`);
  return translator;
}

class DriverSession implements CqlSession {
  readonly origin: CredentialOrigin | undefined;
  readonly #client: cassandra.Client;
  readonly #timeoutMs: number;
  readonly #coordinator: cassandra.Host | undefined;

  constructor(
    client: cassandra.Client,
    coordinator: cassandra.Host | undefined,
    timeoutMs: number,
    origin: CredentialOrigin | undefined,
  ) {
    this.origin = origin;
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#coordinator = coordinator;
  }

  describeSchema(): Promise<readonly string[]> {
    return describeSchema((query) => this.#rows(query));
  }

  async tableIds(): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    for (const [table, name] of [
      ['tables', 'table_name'],
      ['views', 'view_name'],
    ] as const) {
      for (const r of await this.#rows(`SELECT keyspace_name, ${name}, id FROM system_schema.${table}`)) {
        ids.set(`${r['keyspace_name']}.${r[name]}`, String(r['id']));
      }
    }
    return ids;
  }

  async triggers(): Promise<readonly Trigger[]> {
    return (await this.#rows(TRIGGERS)).map(triggerOf);
  }

  async permissions(): Promise<readonly Permission[]> {
    // On restored volumes a revocation may be on one replica only, and a quorum without it would not see that it wins.
    const rows = await this.#rowsOfAllReplicas(
      'SELECT role, resource, permissions FROM system_auth.role_permissions',
    );
    return rows.map((r) => ({
      role: String(r['role']),
      resource: String(r['resource']),
      permissions: [...(r['permissions'] ?? [])].map(String).toSorted(),
    }));
  }

  async roles(): Promise<readonly string[]> {
    return (await this.#rows('SELECT role FROM system_auth.roles')).map((r) => String(r['role']));
  }

  schemaSettings(): Promise<SchemaSettings> {
    const { one } = cassandra.types.consistencies;
    return schemaSettings((query) => this.#rows(query, this.#coordinator, one));
  }

  async directories(node: Node): ReturnType<CqlSession['directories']> {
    const rows = await this.#rows(DIRECTORIES, this.#on(node), cassandra.types.consistencies.one);
    return directoriesFrom(new Map(rows.map((r) => [String(r['name']), r['value'] as string | null])));
  }

  async builtViews(node: Node): Promise<ReadonlySet<string>> {
    const rows = await this.#rows('SELECT keyspace_name, view_name FROM system.built_views', this.#on(node));
    return new Set(rows.map((r) => `${r['keyspace_name']}.${r['view_name']}`));
  }

  async countAsBuilt(
    node: Node,
    { keyspace, name }: { readonly keyspace: string; readonly name: string },
    built: boolean,
  ): Promise<void> {
    await this.#execute(built ? COUNT_AS_BUILT : COUNT_AS_UNBUILT, this.#on(node), [keyspace, name]);
  }

  async viewProgress(node: Node): Promise<number> {
    const { one } = cassandra.types.consistencies;
    const [builds, tasks] = await Promise.all([
      this.#rows(VIEWS, this.#on(node), one),
      this.#rows(TASKS, this.#on(node), one),
    ]);
    return viewProgressOf(builds, tasks);
  }

  async pendingHints(node: Node): Promise<ReadonlyMap<string, number>> {
    const tables = "SELECT table_name FROM system_virtual_schema.tables WHERE keyspace_name = 'system_views'";
    const { one } = cassandra.types.consistencies;
    const known = await this.#rows(tables, this.#on(node), one);
    if (!known.some((r) => r['table_name'] === 'pending_hints')) return new Map();
    const rows = await this.#rows(
      'SELECT host_id, files FROM system_views.pending_hints',
      this.#on(node),
      one,
    );
    return new Map(rows.map((r) => [String(r['host_id']), Number(r['files'])]));
  }

  async writes(node: Node): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#rows(
      'SELECT keyspace_name, table_name, count FROM system_views.local_write_latency',
      this.#on(node),
      cassandra.types.consistencies.one,
    );
    return new Map(rows.map((r) => [`${r['keyspace_name']}.${r['table_name']}`, Number(r['count'])]));
  }

  async batches(node: Node, upTo?: string): Promise<Batches> {
    const query = `SELECT id FROM system.batches${upTo === undefined ? '' : ` WHERE token(id) <= token(${upTo})`}`;
    let [count, newest] = [0, ''];
    // There may be hundreds of thousands; they come in the order of their times.
    for await (const { rows } of this.#pages(query, this.#on(node))) {
      count += rows.length;
      newest = String(rows.at(-1)?.['id'] ?? newest);
    }
    return { count, newest };
  }

  async paxosTables(node: Node): Promise<ReadonlySet<string> | null> {
    const ids = new Set<string>();
    let looked = 0;
    for await (const { rows } of this.#pages('SELECT cf_id FROM system.paxos', this.#on(node))) {
      for (const row of rows) ids.add(String(row['cf_id']));
      looked += rows.length;
      if (looked > MOST_PAXOS_ROWS) return null;
    }
    return ids;
  }

  async indexBuilds(node: Node): Promise<ReadonlyMap<string, IndexBuild>> {
    const { one } = cassandra.types.consistencies;
    const [indexes, built, tasks] = await Promise.all([
      this.#rows(INDEXES),
      this.#rows(BUILT, this.#on(node), one),
      this.#rows(TASKS, this.#on(node), one),
    ]);
    return buildsOf(indexes, built, tasks);
  }

  async repairs(node: Node): Promise<readonly RepairSession[]> {
    const query = 'SELECT parent_id, state, cfids FROM system.repairs';
    const rows = await this.#rows(query, this.#on(node), cassandra.types.consistencies.one);
    return rows.map((r) => ({
      id: String(r['parent_id']),
      tables: [...(r['cfids'] ?? [])].map(String),
      ended: ENDED.has(Number(r['state'])),
    }));
  }

  async isFlushing(node: Node): Promise<boolean> {
    const query = 'SELECT name, active_tasks FROM system_views.thread_pools';
    const pools = await this.#rows(query, this.#on(node), cassandra.types.consistencies.one);
    return pools.some((p) => /MemtableFlushWriter/.test(String(p['name'])) && Number(p['active_tasks']) > 0);
  }

  async peers(node: Node): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#rows('SELECT peer, host_id FROM system.peers_v2', this.#on(node));
    // One without a host id is of no node that ever joined.
    const joined = rows.filter((r) => r['host_id']);
    return new Map(joined.map((r) => [plainAddress(String(r['peer'])), String(r['host_id'])]));
  }

  async gossipGeneration(node: Node): Promise<number> {
    return Number(await this.#local(node, 'gossip_generation'));
  }

  async truncations(node: Node): Promise<ReadonlyMap<string, string>> {
    const records = ((await this.#local(node, 'truncated_at')) ?? {}) as Record<string, Buffer>;
    return new Map(
      Object.entries(records).map(([id, at]) => [id.replaceAll('-', ''), at.toString('hex')] as const),
    );
  }

  /** What a node reports about itself. */
  async #local(node: Node, column: string): Promise<unknown> {
    const query = `SELECT ${column} FROM system.local WHERE key = 'local'`;
    const [row] = await this.#rows(query, this.#on(node));
    return row?.[column];
  }

  #on(node: Node): cassandra.Host {
    const host = this.#client.hosts.get(hostKey(node));
    if (host === undefined) throw failed('reading system tables', `${node.name} is not known to the cluster`);
    return host;
  }

  async change(statement: string): Promise<void> {
    await this.#execute(statement, this.#coordinator);
  }

  async truncate(keyspace: string, table: string): Promise<void> {
    await this.#execute(`TRUNCATE TABLE ${qualified(keyspace, table)}`);
  }

  async isEmpty(keyspace: string, table: string): Promise<boolean> {
    const query = `SELECT * FROM ${qualified(keyspace, table)} LIMIT 1`;
    return (await this.#rowsOfAllReplicas(query)).length === 0;
  }

  async close(): Promise<void> {
    await this.#client.shutdown();
  }

  async #rows(
    query: string,
    host = this.#coordinator,
    consistency = cassandra.types.consistencies.quorum,
  ): Promise<readonly cassandra.types.Row[]> {
    const rows: cassandra.types.Row[] = [];
    for await (const page of this.#pages(query, host, consistency)) rows.push(...page.rows);
    return rows;
  }

  async #rowsOfAllReplicas(query: string): Promise<readonly cassandra.types.Row[]> {
    try {
      return await this.#rows(query, this.#coordinator, cassandra.types.consistencies.all);
    } catch (error) {
      const less = insteadOfAll(error);
      if (less === null) throw error;
      return this.#rows(query, this.#coordinator, less);
    }
  }

  async *#pages(
    query: string,
    host: cassandra.Host | undefined,
    consistency = cassandra.types.consistencies.quorum,
  ): AsyncGenerator<cassandra.types.ResultSet> {
    let pageState: string | undefined;
    do {
      const page = await this.#run(query, host, { pageState, consistency });
      yield page;
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
  }

  async #execute(statement: string, host?: cassandra.Host, values: readonly string[] = []): Promise<void> {
    await this.#run(statement, host, { values });
  }

  async #run(
    query: string,
    host?: cassandra.Host,
    options: {
      readonly pageState?: string | undefined;
      readonly consistency?: number;
      readonly values?: readonly string[];
    } = {},
  ): Promise<cassandra.types.ResultSet> {
    const { pageState, consistency, values = [] } = options;
    try {
      return await this.#client.execute(query, values, {
        ...(host === undefined ? {} : { host }),
        ...(pageState === undefined ? {} : { pageState }),
        ...(consistency === undefined ? {} : { consistency }),
        isIdempotent: true,
        readTimeout: this.#timeoutMs * SLOW_STATEMENT_FACTOR,
      });
    } catch (cause) {
      throw failed(query.split('\n')[0]?.slice(0, 120) ?? '', reason(cause), cause);
    }
  }
}
