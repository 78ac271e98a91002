import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Base, optionalBase } from '../archive/base.ts';
import { KassetteError } from '../errors.ts';
import { FileList, type ManifestFile } from '../sstables/file-list.ts';
import type { ScannedManifest } from './manifest-scan.ts';
import { type Opening, optionalOpening } from './opening.ts';
import { isTag } from './tag.ts';
import { address, hostId, isDirectoryOf, line, permissionName } from './untrusted.ts';

/** Raised when an older kassette could misread what a newer one writes. */
export const MANIFEST_VERSION = 1;

/** Directories of a volume from which Cassandra replays writes. */
export const LOGS = ['commitlog', 'hints'] as const;
export type Log = (typeof LOGS)[number];
export const LOG_NAMES: Readonly<Record<Log, string>> = { commitlog: 'commit log', hints: 'hints' };

const table = z
  .object({
    keyspace: z.string().regex(/^\w+$/),
    name: z.string().regex(/^\w+$/),
    /** Table id, lower-case with dashes. */
    id: z.guid(),
    /** Whether an incremental repair of it was open on any node while the snapshots were taken; older backups do not say. */
    repairing: z.boolean().optional(),
    /** One for each data directory that has a part of it. */
    parts: z.array(
      z.readonly(
        z.object({
          /** The table's directory, relative to the volume, or absolute where it lies outside. */
          directory: z.string(),
          /** An array, or packed where there may be many. */
          files: z.custom<Iterable<ManifestFile>>((value) => value instanceof FileList),
        }),
      ),
    ),
  })
  .refine(
    (t) => t.parts.every((p) => isDirectoryOf(t, p.directory)),
    'has parts that are not in its directory',
  )
  .readonly();

const nodeShape = {
  name: line,
  datacenter: line,
  rack: line,
  hostId,
  /** Under which the others remember it. */
  address: address.optional(),
};
const node = z.readonly(z.object(nodeShape));

const permission = z.readonly(z.object({ role: line, resource: line, permissions: z.array(permissionName) }));

const trigger = z.readonly(
  z.object({
    keyspace: line,
    /** Of the table, unquoted. */
    table: line,
    /** `CREATE TRIGGER …`, for people. */
    statement: line,
  }),
);

const manifest = z.readonly(
  z.object({
    version: z.literal(MANIFEST_VERSION),
    kassette: line,
    tag: z.string().refine(isTag),
    cluster: line,
    /** Kubernetes' namespace in which the node was. */
    namespace: line.optional(),
    /** The node that this volume belongs to. */
    node: z.readonly(
      z.object({
        ...nodeShape,
        tokens: z.array(line),
        /** Grows with every start of Cassandra: shows whether the node was restarted since. */
        gossipGeneration: z.int(),
      }),
    ),
    /** All nodes of the backup: a restore wants exactly these. */
    nodes: z.array(node),
    cassandraVersion: line,
    schemaVersion: line,
    schemaSha256: z.string(),
    /** Of what the backup keeps of a K8ssandraCluster (`k8ssandra.json`); left out where it keeps nothing. */
    k8ssandraSha256: z.string().optional(),
    /** This node's snapshot, ISO 8601 with milliseconds, as kassette saw it begin and end. */
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime(),
    /** Between the first and the last node, milliseconds. */
    skewMs: z.number(),
    tables: z.array(table),
    /** What Cassandra replays at its start and what is not in this volume; a cold restore could not empty it. */
    outside: z.array(z.enum(LOGS)).optional(),
    /** Views, quoted, of which some node had not built its part: their files lack rows. */
    unbuilt: z.array(line).optional(),
    /** Views, quoted, that may differ from their tables: a restore builds them again. Older backups do not say, which may be of any. */
    viewsToRebuild: z.array(line).optional(),
    /** Legacy indexes, quoted, that may differ from their tables: a cold restore has Cassandra build them. Older backups do not say, which may be of any. */
    indexesToRebuild: z.array(line).optional(),
    /** Triggers, which DESCRIBE leaves out: no restore makes them. */
    triggers: z.array(trigger).optional(),
    permissions: z.array(permission),
  }),
);

export type Manifest = z.infer<typeof manifest>;
export type ManifestTable = z.infer<typeof table>;
export type ManifestNode = z.infer<typeof node>;
export type Trigger = z.infer<typeof trigger>;
export type Permission = z.infer<typeof permission>;

/** The last file of a backup on each node; its presence makes the backup complete. */
const marker = z.readonly(
  z.object({ tag: z.string(), manifestSha256: z.string(), opened: optionalOpening, base: optionalBase }),
);
export type CompleteMarker = z.infer<typeof marker>;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The text of a manifest, made while it is written: that of a node with many files would fill the memory. */
export class ManifestText {
  readonly #value: Manifest;
  readonly bytes: number;
  readonly sha256: string;

  constructor(value: Manifest) {
    this.#value = value;
    const hash = createHash('sha256');
    let bytes = 0;
    for (const chunk of this.chunks()) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    this.bytes = bytes;
    this.sha256 = hash.digest('hex');
  }

  *chunks(): Generator<Uint8Array> {
    let text = '';
    for (const word of manifestWords(this.#value)) {
      text += word;
      if (text.length < TEXT_AT_ONCE) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text);
  }

  toString(): string {
    return Buffer.concat([...this.chunks()]).toString();
  }
}

const TEXT_AT_ONCE = 64 * 1024;

export function renderManifest(value: Manifest): ManifestText {
  return new ManifestText(value);
}

function* manifestWords({ tables, ...rest }: Manifest): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"tables":[`;
  for (const [t, { parts, ...table }] of tables.entries()) {
    yield `${t === 0 ? '' : ','}${JSON.stringify(table).slice(0, -1)},"parts":[`;
    for (const [p, { files, ...part }] of parts.entries()) {
      yield `${p === 0 ? '' : ','}${JSON.stringify(part).slice(0, -1)},"files":[`;
      let separator = '';
      for (const file of files) {
        yield separator + JSON.stringify(file);
        separator = ',';
      }
      yield ']}';
    }
    yield ']}';
  }
  yield ']}\n';
}

export function renderMarker(
  tag: string,
  { sha256: manifestSha256 }: { readonly sha256: string },
  opened?: Opening,
  base?: Base,
): string {
  const marks: CompleteMarker = { tag, manifestSha256, opened, base };
  return `${JSON.stringify(marks)}\n`;
}

/**
 * Read one node's manifest after checking it against its marker and its schema.
 * @throws MANIFEST_NEWER, MANIFEST_DAMAGED
 */
export function parseManifest(
  nodeName: string,
  texts: {
    readonly manifest: ScannedManifest;
    readonly marker: string;
    readonly schema: string;
    readonly k8ssandra?: string;
  },
): Manifest {
  const raw = parseJson(nodeName, 'backup.json', texts.manifest.json);
  const version = z.looseObject({ version: z.number() }).safeParse(raw);
  if (version.success && version.data.version > MANIFEST_VERSION) {
    throw new KassetteError(
      'MANIFEST_NEWER',
      `The backup on ${nodeName} was written by a newer kassette (manifest version ${version.data.version}, this one reads up to ${MANIFEST_VERSION}).`,
      'Nothing was changed. Restore with the release of kassette that made the backup, or a newer one.',
    );
  }
  if (texts.manifest.fault !== null) throw damaged(nodeName, `backup.json: ${texts.manifest.fault}`);
  const parsed = manifest.safeParse(withLists(raw, texts.manifest.lists));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw damaged(
      nodeName,
      `backup.json: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'has the wrong form'}`,
    );
  }
  const complete = marker.safeParse(parseJson(nodeName, 'complete', texts.marker));
  if (!complete.success) throw damaged(nodeName, 'complete: has the wrong form');
  if (complete.data.manifestSha256 !== texts.manifest.sha256) {
    throw damaged(nodeName, 'backup.json is not what the complete marker vouches for');
  }
  if (parsed.data.schemaSha256 !== sha256(texts.schema)) {
    throw damaged(nodeName, 'schema.cql is not what backup.json vouches for');
  }
  const { k8ssandraSha256 } = parsed.data;
  if (k8ssandraSha256 !== undefined && k8ssandraSha256 !== sha256(texts.k8ssandra ?? ''))
    throw damaged(nodeName, 'k8ssandra.json is not what backup.json vouches for');
  return parsed.data;
}

/** Each list of files in its place. What has another form stays as it is, to be refused. */
function withLists(raw: unknown, lists: readonly FileList[]): unknown {
  const withList = (part: unknown) => {
    const { files } = isObject(part) ? part : {};
    return isObject(part) && Array.isArray(files) ? { ...part, files: lists[files[0]] } : part;
  };
  return inEach(raw, 'tables', (table) => inEach(table, 'parts', withList));
}

function inEach(value: unknown, key: string, change: (item: unknown) => unknown): unknown {
  const items = isObject(value) ? value[key] : undefined;
  return isObject(value) && Array.isArray(items) ? { ...value, [key]: items.map(change) } : value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function parseJson(nodeName: string, name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(nodeName, `${name}: is not JSON`, cause);
  }
}

function damaged(nodeName: string, what: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'MANIFEST_DAMAGED',
    `The backup on ${nodeName} is damaged: ${what}.`,
    'Nothing was changed. Restore the volumes from another restore point.',
    { cause },
  );
}
