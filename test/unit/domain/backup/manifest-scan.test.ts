import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Listing } from '../../../../src/adapters/volume-scripts/listing.ts';
import {
  type Manifest,
  parseManifest,
  renderManifest,
  renderMarker,
  sha256,
} from '../../../../src/domain/backup/manifest.ts';
import { ManifestScan, scanManifest } from '../../../../src/domain/backup/manifest-scan.ts';
import { FileList, type ManifestFile, matched } from '../../../../src/domain/sstables/file-list.ts';
import { hostIdOf } from '../../../host-id.ts';

const SCHEMA = 'CREATE KEYSPACE ks …\n';
const ID = '62eb9c60-c7b1-11f0-8f0c-000000000000';
const DIRECTORY = `data/ks/t-${ID.replaceAll('-', '')}`;
const NODE = { name: 'n-0', datacenter: 'd "1" \\', rack: 'r', hostId: hostIdOf('n-0') };
const AT = '2026-03-01T02:15:00.000Z';
const TAG = 'kassette-20260301T021500Z-abcd';

const files: fc.Arbitrary<readonly ManifestFile[]> = fc
  .uniqueArray(
    fc.record({
      sstable: fc.constantFrom(
        'nb-1-big',
        'nb-10-big',
        'da-3gvk_0h5m_1zu4w2aprxc9fzyznj-bti',
        '.idx/nb-2-big',
      ),
      component: fc.constantFrom('Data.db', 'Filter.db', 'TOC.txt', 'SAI+aa+by_a+Meta.db', 'SAI+"\\+x.db'),
      bytes: fc.oneof(fc.nat(), fc.maxSafeNat()),
      sum: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    }),
    { selector: (f) => `${f.sstable}-${f.component}`, maxLength: 20 },
  )
  .map((all) =>
    all.map(({ sstable, component, bytes, sum }) => {
      const kind = component === 'Data.db' ? 'crc' : 'cksum';
      return { name: `${sstable}-${component}`, bytes, ...(sum === null ? {} : { [kind]: String(sum) }) };
    }),
  );

function manifestWith(lists: readonly (readonly ManifestFile[])[]): Manifest {
  return {
    ...{ version: 1, kassette: '0.1.0', tag: TAG, cluster: 'a "tables":[{"parts":[{"files":[ cluster' },
    node: { ...NODE, tokens: ['1'], gossipGeneration: 1 },
    nodes: [NODE],
    ...{ cassandraVersion: '5.0.6', schemaVersion: 'v', schemaSha256: sha256(SCHEMA) },
    ...{ startedAt: AT, endedAt: AT, skewMs: 0 },
    tables: lists.map((list) => ({
      ...{ keyspace: 'ks', name: 't', id: ID },
      parts: [
        { directory: DIRECTORY, files: list },
        { directory: `/mnt/é/${DIRECTORY}`, files: [] },
      ],
    })),
    permissions: [{ role: 'r', resource: 'data/ks/t', permissions: ['SELECT'] }],
  };
}

const byName = (all: Iterable<ManifestFile>) => [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
const sorted = ({ tables, ...rest }: Manifest) => ({
  ...rest,
  tables: tables.map((t) => ({ ...t, parts: t.parts.map((p) => ({ ...p, files: byName(p.files) })) })),
});

/** What comes of a text that comes in pieces of that size. */
function read(text: string, size: number): Manifest {
  const scan = new ManifestScan();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) scan.push(bytes.subarray(at, at + size));
  const manifest = scan.end();
  assert.equal(manifest.sha256, sha256(text));
  return parseManifest('n-0', { manifest, marker: renderMarker(TAG, manifest), schema: SCHEMA });
}

test('a packed list has the same files, ordered by name', () => {
  fc.assert(
    fc.property(files, (all) => assert.deepEqual([...FileList.of(all)], byName(all))),
    { numRuns: 500 },
  );
});

test('files are matched by their names', () => {
  fc.assert(
    fc.property(files, files, (some, others) => {
      const expected = byName(some).map((f) => [f, others.find((o) => o.name === f.name)]);
      assert.deepEqual([...matched(some, others)], expected);
    }),
    { numRuns: 500 },
  );
});

test('a manifest is read as it was written, in whatever pieces it comes, by this kassette or an older one', () => {
  fc.assert(
    fc.property(fc.array(files, { maxLength: 3 }), fc.integer({ min: 1, max: 400 }), (lists, size) => {
      const manifest = manifestWith(lists);
      const text = renderManifest(manifest);
      assert.equal(text.sha256, sha256(String(text)));
      assert.equal(text.bytes, Buffer.byteLength(String(text)));
      // Older ones wrote the tables before what comes behind them, and files in any order.
      for (const written of [String(text), JSON.stringify(manifest), JSON.stringify(manifest, null, 2)])
        assert.deepEqual(sorted(read(written, size)), sorted(manifest));
    }),
    { numRuns: 100 },
  );
});

test('a list of more files than are read at a time', () => {
  const many = Array.from({ length: 5000 }, (_, i) => ({
    name: `nb-${i}-big-Index.db`,
    bytes: i,
    cksum: '7',
  }));
  assert.deepEqual(
    sorted(read(String(renderManifest(manifestWith([many]))), 32_768)),
    sorted(manifestWith([many])),
  );
});

test('what is no list of files is refused, and says where', () => {
  const text = JSON.stringify(manifestWith([[], [{ name: 'nb-1-big-Data.db', bytes: 1 }]]));
  const file = '{"name":"nb-1-big-Data.db","bytes":1}';
  for (const [from, to, message] of [
    [file, '{"name":"../x","bytes":1}', /backup\.json: tables\.1\.parts\.0\.files\.0\.name is not the name/],
    [file, `${file},{"name":"nb-1-big-TOC.txt","bytes":-1}`, /tables\.1\.parts\.0\.files\.1\.bytes is not/],
    [file, file.replace('}', ',"crc":"4294967296"}'), /files\.0\.crc is not a checksum/],
    [file, file.replace('}', ',"cksum":7}'), /files\.0\.cksum is not a checksum/],
    [file, `${file},`, /is not JSON/],
    [file, `,${file}`, /is not JSON/],
    [file, `[${file}]`, /tables\.1\.parts\.0\.files\.0\.name/],
    [file, '5', /tables\.1\.parts\.0\.files\.0 is not an object/],
    [`[${file}]`, '0', /tables\.1\.parts\.0\.files/],
    [`[${file}]`, '{}', /tables\.1\.parts\.0\.files/],
    ['"files":[]', '"f\\u0069les":[0]', /has the wrong form/],
    ['"files":[]', '"other":[]', /tables\.0\.parts\.0\.files/],
    [`[${file}]`, `[${file}`, /is not JSON/],
  ] as const) {
    const wrong = text.replace(from, to);
    assert.notEqual(wrong, text, from);
    const manifest = scanManifest(wrong);
    const texts = { manifest, marker: renderMarker(TAG, manifest), schema: SCHEMA };
    assert.throws(() => parseManifest('n-0', texts), { code: 'MANIFEST_DAMAGED', message }, to);
  }
});

test("a script's answer is read in whatever pieces it comes", () => {
  const text = JSON.stringify(manifestWith([[{ name: 'nb-1-big-Data.db', bytes: 1 }]]));
  const base64 = (what: string) => Buffer.from(what).toString('base64');
  const snapshot = `${DIRECTORY}/snapshots/${TAG}`;
  const answer = [
    `file backup.json ${base64(text)}`,
    `file schema.cql ${base64(SCHEMA)}`,
    `file outside ${base64(' hints\n')}`,
    ...[`snap 10 7 ${snapshot}/nb-1-big-Digest.crc32 2`, `snap 1 - ${snapshot}/nb-1-big-Data.db 2`],
    ...[`snap 2 - ${snapshot}/manifest.json 1`, `snap 3 - /mnt/é/${snapshot}/nb-1-big-Data.db 2`],
    ...['listed', 'linked nb-1000000005-big-Data.db', 'linked nb-1000000004-big-Data.db', 'end'],
    ...[`sum ${snapshot}/nb-1-big-Digest.crc32 99`, 'summed', ''],
  ].join('\n');
  for (const size of [1, 7, 100, 10_000]) {
    const listing = new Listing(TAG);
    const bytes = Buffer.from(answer);
    for (let at = 0; at < bytes.length; at += size) listing.push(bytes.subarray(at, at + size));
    const { manifest, schema, parts, outside, highestLinkedGeneration, linkedFiles } = listing.end();
    assert.equal(manifest.sha256, sha256(text));
    assert.deepEqual([schema, outside], [SCHEMA, ['hints']]);
    assert.deepEqual([highestLinkedGeneration, linkedFiles], [1_000_000_005, 2]);
    assert.deepEqual(
      parts.map((p) => [p.directory, [...p.files]]),
      [
        [`/mnt/é/${DIRECTORY}`, [{ name: 'nb-1-big-Data.db', bytes: 3 }]],
        [
          DIRECTORY,
          [
            { name: 'nb-1-big-Data.db', bytes: 1, crc: '7' },
            { name: 'nb-1-big-Digest.crc32', bytes: 10, cksum: '99' },
          ],
        ],
      ],
    );
    assert.deepEqual([listing.summed, listing.hasMore], [1, false]);
  }
});
