import assert from 'node:assert/strict';
import { constants, copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { types } from 'cassandra-driver';
import { define } from '../../../lab/dataset/define.ts';
import { storageOf } from '../../../lab/lab.ts';
import { SLOW } from '../../tiers.ts';
import { found } from '../support/contents/leftovers.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/*
 * Cassandra loads every SSTable that it finds in a table's directory and does not know: of a load that failed, of a disk failure
 * policy that went on, or put there by hand.
 */
const KEYS = Array.from({ length: 10 }, (_, i) => i);
let subject: Subject;

before(async () => {
  subject = await openSubject();
  const { client, datacenter } = subject;
  await define(client, [
    `CREATE KEYSPACE strays WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': 3}`,
    'CREATE TABLE strays.rows (id int PRIMARY KEY, v text)',
  ]);
  for (const id of KEYS) await client.execute(`INSERT INTO strays.rows (id, v) VALUES (${id}, 'saved')`);
}, SLOW);
after(async () => {
  await define(subject.client, ['DROP KEYSPACE IF EXISTS strays']);
  for (const { volume } of subject.cluster.nodes) {
    await rm(join(volume, 'kassette/strays'), { recursive: true, force: true });
  }
  await subject.close();
}, SLOW);

/** A readable copy of every SSTable under another name, and one that nobody can read; answers how many files. */
async function leaveStrays(): Promise<number> {
  const [node] = subject.cluster.nodes;
  assert.ok(node !== undefined);
  const [data = ''] = await found(node, '-path', '*/strays/rows-*/*-Data.db', '!', '-path', '*/snapshots/*');
  const directory = join(node.volume, data, '..');
  const files = (await readdir(directory)).filter((name) => /-(big|bti)-/.test(name));
  // Identifiers that differ from each of theirs in the last character: the files are links to the backup's, never to be written to.
  const taken = new Set(files.map((name) => identifierOf(name).at(-1)));
  const [readable, broken] = [...'0123456789'].filter((last) => !taken.has(last));
  const under = (name: string, last = '') => {
    const identifier = identifierOf(name);
    return join(directory, name.replace(identifier, `${identifier.slice(0, -1)}${last}`));
  };
  for (const name of files)
    await copyFile(join(directory, name), under(name, readable), constants.COPYFILE_EXCL);
  for (const component of ['Data.db', 'TOC.txt']) {
    const name = (files[0] ?? '').replace(/[^-]*$/, component);
    await writeFile(under(name, broken), 'no SSTable', { flag: 'wx' });
  }
  return files.length + 2;
}

/** `3gsi_1azq_2xk9i2` of `da-3gsi_1azq_2xk9i2-bti-Data.db`, `7` of `nb-7-big-Data.db`. */
function identifierOf(name: string): string {
  return name.split('-')[1] ?? '';
}

async function assertAsSaved(): Promise<void> {
  const query = 'SELECT id, v FROM strays.rows';
  const { rows } = await subject.client.execute(query, [], { consistency: types.consistencies.all });
  const values = rows.map((r) => [r['id'], r['v']]).toSorted((a, b) => a[0] - b[0]);
  assert.deepEqual(
    values,
    KEYS.map((id) => [id, 'saved']),
  );
}

test(
  'SSTables that Cassandra does not know are moved out of the way of the backup’s, also for its next start',
  SLOW,
  async () => {
    await subject.backUp();
    await subject.client.execute("INSERT INTO strays.rows (id, v) VALUES (99, 'later')");
    await storageOf(subject.cluster).flush('strays', ['rows']);
    const count = await leaveStrays();
    const { status, stderr } = await subject.kassette('after-restore');
    assert.equal(status, 0, stderr);
    await assertAsSaved();
    assert.match(stderr, /had files in its tables' directories that its Cassandra did not know/);
    const [node] = subject.cluster.nodes;
    const aside = node === undefined ? [] : await found(node, '-path', './kassette/strays/*', '-type', 'f');
    assert.equal(aside.length, count);
    await subject.restart();
    await assertAsSaved();
  },
);
