import assert from 'node:assert/strict';
import { join, normalize } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Listing } from '../../../../src/adapters/volume-scripts/listing.ts';
import { parseStaged, parseSurvey } from '../../../../src/adapters/volume-scripts/output.ts';
import { sortAttempts } from '../../../../src/domain/backup/attempt.ts';
import { closedIn, pastOfClosed } from '../../../../src/domain/backup/closed.ts';
import {
  type Manifest,
  parseManifest,
  renderMarker,
  sha256,
} from '../../../../src/domain/backup/manifest.ts';
import { scanManifest } from '../../../../src/domain/backup/manifest-scan.ts';
import { openingIn } from '../../../../src/domain/backup/opening.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { commandText } from '../../../../src/domain/hint.ts';
import { parseColdJournal } from '../../../../src/domain/restore/cold-journal.ts';
import { planColdRestore } from '../../../../src/domain/restore/cold-plan.ts';
import { parseJournal, parseRecord } from '../../../../src/domain/restore/journal.ts';
import { planLinks } from '../../../../src/domain/restore/link-plan.ts';
import { tableKey } from '../../../../src/domain/restore/restore-plan.ts';
import { parseSchema } from '../../../../src/domain/schema/schema.ts';
import { commandOf, parseTableJournal } from '../../../../src/domain/tables/table-journal.ts';
import { staged } from '../../../../src/domain/transfer/staging.ts';
import { hostIdOf } from '../../../host-id.ts';

// Whatever a volume says, it is understood or refused: no parser fails otherwise, and no path leads out of the volume.
const TAG = 'kassette-20260301T021500Z-1a2b';
const SCHEMA = 'CREATE KEYSPACE ks;\n';
const AT = '2026-03-01T02:15:00.000Z';
const ID = '62eb9c60-c7b1-11f0-8f0c-000000000000';
const AUTOMATIC = `data/ks/t-${ID.replaceAll('-', '')}/snapshots/truncated-1-t`;
const NODE = { name: 'n-0', datacenter: 'd', rack: 'r', hostId: hostIdOf('n-0'), address: '10.0.0.1' };
const MANIFEST: Manifest = {
  ...{ version: 1, kassette: '0.1.0', tag: TAG, cluster: 'c', namespace: 'n' },
  node: { ...NODE, tokens: ['1'], gossipGeneration: 1 },
  nodes: [NODE],
  ...{ cassandraVersion: '5.0.6', schemaVersion: 'v', schemaSha256: sha256(SCHEMA) },
  ...{ startedAt: AT, endedAt: AT, skewMs: 0, unbuilt: ['"ks"."v"'] },
  tables: [
    {
      ...{ keyspace: 'ks', name: 't', id: ID },
      parts: [
        {
          directory: `data/ks/t-${ID.replaceAll('-', '')}`,
          files: [
            { name: 'nb-1-big-Data.db', bytes: 1, crc: '1' },
            { name: '.idx/nb-1-big-Data.db', bytes: 1 },
          ],
        },
      ],
    },
  ],
  permissions: [{ role: 'r', resource: 'data/ks/t', permissions: ['SELECT'] }],
};

/** What somebody would write who wants to get out. */
const hostile = fc.oneof(
  fc.constantFrom(
    ...[
      '..',
      '.',
      '',
      '/',
      '/etc/passwd',
      '../../etc',
      'data/../..',
      'a\nb',
      'a\0b',
      '-rf',
      '*',
      '$(reboot)',
    ],
    ...['`reboot`', "'; reboot", '--kubeconfig=/x', '\u001b[2J', '__proto__', 'nb-1-big-../x', '.idx/..'],
    ...[`data/ks/t-${ID}/../..`, `/data/ks/t-${ID.replaceAll('-', '')}`, '~', 'a b', '\u2028', '\ud800'],
  ),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, [], {}, -1, 2 ** 53, 1e308),
);

/** The same value with something in it replaced. */
function spoiled(value: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(value);
  return fc
    .array(fc.tuple(fc.constantFrom(...paths), hostile), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((text, [path, to]) => replaced(text, path, to), value));
}

function pathsOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([k, v]) => pathsOf(v).map((path) => [k, ...path]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  if (typeof value !== 'object' || value === null) return value;
  const changed = { ...value, [key]: replaced((value as Record<string, unknown>)[key], rest, to) };
  return Array.isArray(value) ? Object.values(changed) : changed;
}

function understood<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    assert(error instanceof KassetteError, String(error));
    assert.notEqual(error.code, 'INTERNAL');
    return null;
  }
}

const isBelow = (path: string) => normalize(join('/volume', path)).startsWith('/volume/');
const isLine = (text: string) => !/\p{Cc}/u.test(text);

test('a manifest is refused, or all paths that come of it stay in the volume', () => {
  fc.assert(
    fc.property(spoiled(MANIFEST), (value) => {
      const scanned = scanManifest(JSON.stringify(value));
      const texts = { manifest: scanned, marker: renderMarker(TAG, scanned), schema: SCHEMA };
      const manifest = understood(() => parseManifest('n-0', texts));
      if (manifest === null) return;
      const live = { tables: [], transient: [], bare: [] };
      const cold = planColdRestore(manifest, live, { elsewhere: false }).links.flat();
      const ids = new Map(manifest.tables.map((t) => [tableKey(t), ID]));
      const warm = planLinks(manifest.tables, ids, 1_000_000_000);
      const linked = warm.flatMap((p) => [
        p.target,
        ...[...p.links].flatMap(([from, to]) => [`${p.directory}/${from}`, `${p.target}/${to}`]),
      ]);
      const copied = warm.map((p) => staged(manifest.node.hostId, p.directory));
      for (const path of [...cold, ...linked, ...copied])
        assert(isBelow(path) && isLine(path) && !path.startsWith('-'), JSON.stringify(path));
      for (const path of copied) assert(normalize(path).startsWith('kassette/staging/'), path);
      for (const { permissions } of manifest.permissions)
        for (const name of permissions) assert.match(name, /^[A-Z_]+$/);
    }),
    { numRuns: 2000 },
  );
});

test('a journal is read or is none; what it says can be removed is an automatic snapshot, and what can be run is a command', () => {
  const sums = { tables: 1, files: 1, bytes: 1 };
  const warm = { version: 1, tag: TAG, stage: 'loaded', startedAt: AT, automatic: [AUTOMATIC] };
  const cold = { ...warm, stage: 'restored', run: 1, restoredAt: AT, keepDisplaced: true, ...sums };
  const entry = { key: 'k', source: `backup:${TAG}`, tag: TAG, tables: ['"ks"."t"'], startedAt: AT };
  const kept = { automatic: [AUTOMATIC], made: ['x'], ids: { 'ks.t': ID }, owed: ['CREATE …'] };
  const record = { version: 1, tag: TAG, restoredAt: AT, method: 'cold', gossipGeneration: 1, ...sums };
  const run = { run: 'r', hook: true };
  const past = [{ tag: TAG, run: 'r', state: 'closed' }];
  const closed = { version: 1, tag: TAG, closedAt: AT, run: 'r', by: run, past };
  const all = [
    { ...warm, caused: [AUTOMATIC], made: ['x'], writtenTo: ['x'], ...sums },
    cold,
    { version: 1, entries: [{ ...entry, options: ['--mode', 'merge'], ...kept }] },
    record,
    closed,
    { opened: { openedAt: AT, abandonedAt: AT, ...run, past } },
  ];
  const texts = fc.oneof(
    ...all.map((v) => spoiled(v).map((s) => JSON.stringify(s) ?? '')),
    fc.string({ unit: 'binary' }),
    fc.json(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const journal = parseJournal(text);
      const entries = parseTableJournal(text);
      const removable = [journal?.autoSnapshots, journal?.caused, parseColdJournal(text)?.autoSnapshots];
      for (const path of [...removable.flatMap((p) => p ?? []), ...entries.flatMap((e) => e.autoSnapshots)])
        assert(/\/snapshots\/(truncated|dropped)-[^/]+$/.test(path) && isBelow(path), JSON.stringify(path));
      for (const e of entries) {
        assert(isLine(commandText(commandOf(e))));
        assert(!e.tables.some((t) => t.startsWith('-')));
      }
      parseRecord(text);
      const ended = closedIn([{ closed: text }]);
      if (ended !== null) for (const p of pastOfClosed(ended)) assert.equal(typeof p.tag, 'string');
      for (const p of openingIn(TAG, text).past) assert.equal(typeof p.tag, 'string');
      sortAttempts([{ id: 'a', text }], new Date(AT));
    }),
    { numRuns: 3000 },
  );
});

test('a saved schema is understood or refused', () => {
  const words = fc.constantFrom(
    ...[
      'CREATE',
      'TABLE',
      'TYPE',
      'FUNCTION',
      'MATERIALIZED',
      'VIEW',
      'INDEX',
      'ALTER',
      'KEYSPACE',
      'ON',
      'FROM',
    ],
    ...[
      'IF NOT EXISTS',
      'WITH',
      'ID =',
      'AND',
      'AS',
      '$$',
      "'",
      '"',
      '"a""b"',
      'ks',
      '.',
      't',
      '(',
      ')',
      '<',
      '>',
    ],
    ...[
      ',',
      ';',
      '/*',
      '*/',
      '--',
      '//',
      '\n',
      ID,
      '{',
      '}',
      'OR REPLACE',
      'DROP',
      'ROLE',
      'GRANT',
      '\0',
      '😀',
    ],
  );
  const soup = fc.array(words, { maxLength: 40 }).map((all) => all.join(' '));
  const made = /^\s*(?:CREATE|ALTER)\b/i;
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => {
      for (const { statements } of understood(() => parseSchema(text)) ?? [])
        for (const statement of statements) assert.match(statement, made);
    }),
    { numRuns: 3000 },
  );
});

test('an answer of a script is understood or refused', () => {
  const words = fc.constantFrom(
    ...[
      'backup',
      'complete',
      'journal',
      'cold',
      'attempt',
      'automatic',
      'snapshot',
      'free',
      'file',
      'snap',
      'end',
    ],
    ...[
      'listed',
      'linked',
      'staged',
      TAG,
      '7',
      '-',
      '..',
      AUTOMATIC,
      'e30=',
      '\n',
      '\n',
      '\n',
      'restored',
      'tables',
    ],
  );
  const answer = fc.array(words, { maxLength: 40 }).map((all) => Buffer.from(all.join(' ')));
  fc.assert(
    fc.property(fc.oneof(answer, fc.uint8Array().map(Buffer.from)), (output) => {
      for (const path of understood(() => parseSurvey(output))?.autoSnapshots ?? [])
        assert.equal(typeof path, 'string');
      understood(() => {
        const listing = new Listing(TAG);
        listing.push(output);
        return listing.end();
      });
      understood(() => parseStaged(output));
    }),
    { numRuns: 2000 },
  );
});
