import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { ClusterNode } from '../../../src/adapters/embedded/cluster-file.ts';
import type { Manifest } from '../../../src/domain/backup/manifest.ts';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { afterRestore } from '../../../src/engine/verbs/after-restore.ts';
import { SLOW } from '../../tiers.ts';
import {
  backupDirectory,
  duplicateBackup,
  editManifest,
  editSchema,
  readManifest,
  replaceFile,
} from '../support/contents/backup-files.ts';
import { assertSameState, type DatabaseState } from '../support/contents/state.ts';
import { OPTIONS, withPorts } from '../support/in-process.ts';
import { assertNotRestorable } from '../support/refusals.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* A manifest or saved schema that is damaged, foreign or not understood is refused before anything is destroyed. */
const NOBODY = '00000000-0000-4000-8000-000000000000';
let subject: Subject;
let tag: string;
let dirty: DatabaseState;
let node: ClusterNode;
let original: Manifest;

before(async () => {
  subject = await openSubject();
  const [, second] = subject.cluster.nodes;
  assert.ok(second);
  node = second;
  tag = await subject.backUp();
  await subject.changeSome();
  dirty = await subject.state();
  original = await readManifest(node, tag);
}, SLOW);
afterEach(async () => assertSameState(await subject.state(), dirty), SLOW);
after(() => subject.close(), SLOW);

interface Case {
  readonly what: string;
  readonly edit: (manifest: Manifest) => Record<string, unknown>;
  readonly code: ErrorCode;
  readonly exit: number;
  /** Behind `The backup on NODE `. */
  readonly message: () => string;
}

const misfit = (what: string, edit: Case['edit'], why: () => string): Case => {
  return { what, edit, code: 'WRONG_CLUSTER', exit: 35, message: () => `does not fit: ${why()}.` };
};

const CASES: readonly Case[] = [
  misfit(
    'of another cluster',
    (m) => ({ ...m, cluster: 'other' }),
    () => `it is of cluster \`other\`, this is \`${original.cluster}\``,
  ),
  misfit(
    'of another datacenter',
    (m) => ({ ...m, node: { ...m.node, datacenter: 'other' } }),
    () => `it is of datacenter \`other\`, this is \`${original.node.datacenter}\``,
  ),
  misfit(
    'of another host id',
    (m) => ({ ...m, node: { ...m.node, hostId: NOBODY } }),
    () => `it is of host id ${NOBODY}, this is ${original.node.hostId}`,
  ),
  misfit(
    'of other tokens',
    (m) => ({ ...m, node: { ...m.node, tokens: ['1', ...m.node.tokens.slice(1)] } }),
    () => 'its tokens are not those of the node',
  ),
  misfit(
    'of a bigger ring',
    (m) => ({ ...m, nodes: [...m.nodes, { ...original.node, name: 'gone', hostId: NOBODY }] }),
    () => `node gone (host id ${NOBODY}) of the backup is not in the ring`,
  ),
  misfit(
    'of a smaller ring',
    (m) => ({ ...m, nodes: m.nodes.slice(0, -1) }),
    () => `node ${original.nodes.at(-1)?.name} is not in the backup`,
  ),
  {
    what: 'written by a newer kassette',
    edit: (m) => ({ ...m, version: 2, tables: 'in a form of the future' }),
    code: 'MANIFEST_NEWER',
    exit: 34,
    message: () => 'was written by a newer kassette (manifest version 2, this one reads up to 1).',
  },
  {
    what: 'of the wrong form',
    edit: (m) => ({ ...m, node: { ...m.node, tokens: 'none' } }),
    code: 'MANIFEST_DAMAGED',
    exit: 33,
    message: () => 'is damaged: backup.json: node.tokens Invalid input: expected array, received string.',
  },
];

for (const { what, edit, code, exit, message } of CASES) {
  test(`a manifest ${what}`, SLOW, async (t) => {
    await editManifest(t, node, tag, edit);
    const whole = `The backup on ${node.name} ${message()}`;
    await assertNotRestorable(subject.directory, { code, exit, message: whole });
  });
}

test('a Cassandra older than the one that made the backup', SLOW, async (t) => {
  await editManifest(t, node, tag, (m) => ({ ...m, cassandraVersion: '99.0.1' }));
  const { cassandraVersion } = subject.cluster.file;
  await assertNotRestorable(subject.directory, {
    code: 'OLDER_CASSANDRA',
    exit: 37,
    message: `${node.name} runs Cassandra ${cassandraVersion}; the backup was made by 99.0.1, whose files an older one may not read.`,
  });
});

for (const [what, file, alter, why] of [
  ['altered', 'backup.json', padded, 'backup.json is not what the complete marker vouches for'],
  ['cut off', 'backup.json', halved, 'backup.json: is not JSON'],
  ['empty', 'complete', () => '', 'complete: is not JSON'],
  ['altered', 'schema.cql', padded, 'schema.cql is not what backup.json vouches for'],
  ['empty', 'schema.cql', () => '', 'schema.cql is not what backup.json vouches for'],
] as const) {
  test(`${file} is ${what}`, SLOW, async (t) => {
    await replaceFile(t, join(backupDirectory(node, tag), file), alter);
    await assertNotRestorable(subject.directory, {
      code: 'MANIFEST_DAMAGED',
      exit: 33,
      message: `The backup on ${node.name} is damaged: ${why}.`,
    });
  });
}

/** As good to read as before, but not what was signed. */
function padded(content: Buffer): string {
  return `${content} `;
}

function halved(content: Buffer): Buffer {
  return content.subarray(0, content.length / 2);
}

for (const [what, garbage, why] of [
  ['no statement', 'garbage;', 'it is not a CREATE or ALTER TABLE statement: `garbage`'],
  [
    'an open string',
    `CREATE TABLE a.b (c int) WITH comment = 'x`,
    'a string, quoted name or comment is not closed: ',
  ],
  [
    'a statement that drops',
    'DROP KEYSPACE shapes;',
    'it is not a CREATE or ALTER TABLE statement: `DROP KEYSPACE shapes`',
  ],
] as const) {
  test(`a signed schema with ${what} in it`, SLOW, async (t) => {
    for (const each of subject.cluster.nodes)
      await editSchema(t, each, tag, (schema) => `${schema}\n${garbage}\n`);
    const begin = 'The schema has a statement that cannot be understood: ';
    const message = new RegExp(`^${escaped(begin + why)}`);
    await assertNotRestorable(subject.directory, { code: 'SCHEMA_UNREADABLE', exit: 39, message });
  });
}

test('two complete backups and no --tag; with --tag the one named is restored', SLOW, async () => {
  const second = 'kassette-20200101T000000Z-0001';
  for (const each of subject.cluster.nodes) await duplicateBackup(each, tag, second);
  const message = `Several complete backups are in the volumes: ${second}, ${tag}.`;
  await assertNotRestorable(subject.directory, { code: 'BACKUP_AMBIGUOUS', exit: 32, message });
  assertSameState(await subject.state(), dirty);
  // Stopped while the first node is tidied: the other backup must not be taken for what is to be restored.
  const clearSnapshot = () => Promise.reject(new Error('stopped'));
  await withPorts(
    subject,
    () => ({ clearSnapshot }),
    (ports) => assert.rejects(afterRestore(ports, { ...OPTIONS, tag: second, concurrency: 1 }), /stopped/),
  );
  for (const expected of ['finished', 'unchanged']) {
    const { outcome, tag: restored, tables } = await subject.restore('--tag', second);
    assert.deepEqual([outcome, restored], [expected, second]);
    assert.ok(tables > 0, 'the interrupted run recorded what it loaded');
  }
  assert.deepEqual(await subject.dropBackup('--tag', tag), [tag]);
  await subject.assertRestored();
  dirty = await subject.state();
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
