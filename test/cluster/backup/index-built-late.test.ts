import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compareData, describeDifferences } from '../../../lab/dataset/compare/compare.ts';
import { recordData } from '../../../lab/dataset/compare/record.ts';
import { define } from '../../../lab/dataset/define.ts';
import { SLOW } from '../../tiers.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { restoreTables, verified } from '../support/tables.ts';

/*
 * Cassandra 5.0 appends to an SSTable's TOC.txt in place when it builds a storage-attached index, and a snapshot has the same
 * file: a backup must not be taken for damaged because of that, nor grow by what is restored from it.
 */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

const recordOf = (keyspace: string, table: string) =>
  recordData(subject.client, { include: (k, t) => k === keyspace && t === table });

test(
  'beside, its indexes are built anew: the backup stays as it was, and serves once more',
  SLOW,
  async () => {
    const tag = await subject.backUp();
    const from = `backup:${tag}`;
    const whole = await verified(subject, from, '--deep');
    const saved = Object.values((await recordOf('indexed', 'by_storage_attached_index')).tables);
    for (const name of ['first', 'second']) {
      await restoreTables(subject, ['indexed.by_storage_attached_index'], from, '--as', `indexed.${name}`);
      const now = Object.values((await recordOf('indexed', name)).tables);
      const comparison = compareData(
        { tables: { it: saved[0] ?? assert.fail() } },
        { tables: { it: now[0] ?? assert.fail() } },
      );
      assert.ok(comparison.identical && comparison.rows > 0, describeDifferences(comparison));
    }
    assert.deepEqual(await verified(subject, from, '--deep'), whole);
    await subject.harm(() =>
      define(subject.client, ['DROP TABLE indexed.first', 'DROP TABLE indexed.second']),
    );
    await subject.restore();
    await subject.assertRestored();
  },
);

test(
  'an index that is made after the backup, before the volumes are copied, does no harm',
  SLOW,
  async () => {
    await subject.backUp();
    await subject.harm(() =>
      define(subject.client, ["CREATE INDEX later ON indexed.base_of_views (name) USING 'sai'"]),
    );
    await subject.restore();
    await subject.assertRestored();
  },
);
