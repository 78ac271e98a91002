import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { mustRun, startCli } from '../../../lab/cli.ts';
import { beforeBackupResult } from '../../../lab/results.ts';
import { isTag } from '../../../src/domain/backup/tag.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { beforeBackup } from '../../../src/engine/verbs/before-backup.ts';
import type { NodeControl } from '../../../src/ports/node-control.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { assertNothingLeft, found } from '../support/contents/leftovers.ts';
import { OPTIONS, warningsOf, withPorts } from '../support/in-process.ts';
import { assertRefuses } from '../support/refusals.ts';
import { planResult, statusResult } from '../support/results.ts';
import { pausedAt, stopRunAt } from '../support/stopped-run.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { shownTablePlan } from '../support/tables.ts';

/* A backup is there on every node and complete, or it is not there at all; users' own snapshots stay in any case. */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

async function shownBackups() {
  return (await mustRun(subject.directory, ['status'], statusResult)).result.clusters.flatMap(
    (c) => c.backups,
  );
}

async function snapshotsOfOurs(): Promise<readonly string[]> {
  const all = await Promise.all(
    subject.cluster.nodes.map((n) => found(n, '-path', '*/snapshots/kassette-*', '-prune')),
  );
  return [...new Set(all.flat().map((path) => path.slice(path.lastIndexOf('/') + 1)))].filter(isTag);
}

test(
  'run twice, the first backup is kept while it is open, and removed once it is abandoned',
  SLOW,
  async () => {
    const kept = await subject.backUp();
    const message = new RegExp(`^Backup ${kept} of .*, made by hand at .*, is open: .* abandoned from `);
    await assertRefuses(subject.directory, ['before-backup'], { code: 'BACKUP_OPEN', exit: 43, message });
    assert.deepEqual(await snapshotsOfOurs(), [kept]);
    await subject.dropBackup('--tag', kept);
    const args = ['before-backup', '--abandon-after', '0s'];
    const first = (await mustRun(subject.directory, args, beforeBackupResult)).result.tag;
    const began = Math.floor(Date.now() / 1000);
    const { result } = await mustRun(subject.directory, ['before-backup'], beforeBackupResult);
    assert.notEqual(result.tag, first);
    assert.deepEqual(
      (await shownBackups()).map((b) => [b.tag, b.complete]),
      [[result.tag, true]],
    );
    const age = z.object({ madeAt: z.iso.datetime(), ageSeconds: z.number() });
    const aged = z.object({ clusters: z.tuple([z.object({ backups: z.tuple([age]) })]) });
    const asked = Math.floor(Date.now() / 1000);
    const [{ backups }] = (await mustRun(subject.directory, ['status'], aged)).result.clusters;
    const answered = Math.ceil(Date.now() / 1000);
    const madeAt = Date.parse(backups[0].madeAt) / 1000;
    assert.ok(began <= madeAt && madeAt <= asked, backups[0].madeAt);
    const { ageSeconds } = backups[0];
    assert.ok(asked - madeAt - 1 <= ageSeconds && ageSeconds <= answered - madeAt, `${ageSeconds}`);
    assert.deepEqual(await snapshotsOfOurs(), [result.tag]);
    assert.deepEqual(await subject.dropBackup(), [result.tag]);
  },
);

allTest(
  'after-backup with another --tag removes nothing; with its own all; a second time it is fine',
  SLOW,
  async () => {
    const tag = await subject.backUp();
    assert.deepEqual(await subject.dropBackup('--tag', 'kassette-20200101T000000Z-0000'), []);
    assert.deepEqual(await subject.dropBackup('--tag', 'nightly'), []);
    assert.deepEqual(await snapshotsOfOurs(), [tag]);
    assert.deepEqual(await subject.dropBackup('--tag', tag), [tag]);
    await assertNothingLeft(subject.cluster.nodes);
    assert.deepEqual(await subject.dropBackup('--tag', tag), []);
    const none =
      /^No backup is in the volumes\. The copies of the volumes .* may hold no restorable backup\.$/;
    await assertRefuses(subject.directory, ['after-backup'], { code: 'NO_BACKUP', exit: 30, message: none });
    await subject.backUp();
    assert.equal((await subject.dropBackup()).length, 1);
    assert.deepEqual(await subject.dropBackup(), []);
  },
);

allTest(
  'a view that a node is still building is named, and no other; a restore builds it',
  SLOW,
  async () => {
    let tag = '';
    const backUp = async (ports: Ports) => {
      ({ tag } = await beforeBackup(ports, { ...OPTIONS, abandonAfterMs: 0 }));
    };
    assert.deepEqual(await warningsOf(subject, {}, backUp), []);
    const first = tag;
    const builtViews = async () => new Set(['indexed.by_city']);
    const warnings = await warningsOf(subject, { builtViews }, backUp);
    assert.match(warnings[0] ?? '', new RegExp(`^Backup ${first} counts as abandoned since `));
    assert.match(warnings[1] ?? '', /^Still being built: "indexed"\."By_Name"\. /);
    assert.equal(warnings.length, 2);
    const built = (tables: readonly { readonly name: string; readonly action: string }[]) =>
      tables.filter((t) => t.action === 'rebuild').map((t) => t.name);
    const { result } = await mustRun(subject.directory, ['plan'], planResult);
    assert.deepEqual(built(result.plans[0]?.tables ?? []), ['By_Name']);
    const ofTable = await shownTablePlan(subject, ['indexed.base_of_views'], `backup:${tag}`);
    assert.deepEqual(built(ofTable.tables), ['By_Name']);
    await subject.dropBackup();
  },
);

test('while another run is at work every command that needs the lease is refused', SLOW, async () => {
  const message = 'Another kassette run works on this cluster.';
  const args = ['before-backup', '--embedded', subject.directory];
  const { status, lines } = await pausedAt('Removing leftovers', args, async () => {
    for (const command of ['before-backup', 'after-backup', 'before-restore', 'after-restore'])
      await assertRefuses(subject.directory, [command], { code: 'BUSY', exit: 12, message });
  });
  assert.equal(status, 0, lines.join('\n'));
  assert.equal((await subject.dropBackup()).length, 1);
});

allTest(
  'killed after the snapshots: no backup is shown, and the next run clears what is left',
  SLOW,
  async () => {
    const step = 'Taking snapshots';
    assert.equal((await stopRunAt(subject.directory, ['before-backup'], { step })).signal, 'SIGKILL');
    assert.ok((await shownBackups()).every((b) => !b.complete));
    const [left] = await snapshotsOfOurs();
    assert.ok(left);
    const { result } = await mustRun(subject.directory, ['before-backup'], removedResult);
    assert.deepEqual(result.removed, [left]);
    assert.deepEqual(await snapshotsOfOurs(), [result.tag]);
    await subject.dropBackup();
  },
);

const removedResult = beforeBackupResult.extend({
  removed: statusResult.shape.clusters.element.shape.backups.element.shape.missingOn,
});

test(
  'killed before it is complete: status and after-restore say so, and the next run clears it',
  SLOW,
  async () => {
    const tag = await killBeforeComplete();
    const names = subject.cluster.nodes.map((n) => n.name);
    assert.deepEqual(await shownBackups(), [{ tag, complete: false, missingOn: names, restoring: false }]);
    const message = `Backup ${tag} is not complete: its part is missing or has no complete marker on ${names.join(', ')}.`;
    await subject.expectUnchanged(() =>
      assertRefuses(subject.directory, ['after-restore'], { code: 'BACKUP_INCOMPLETE', exit: 31, message }),
    );
    const { result } = await mustRun(subject.directory, ['before-backup'], removedResult);
    assert.deepEqual(result.removed, [tag]);
    assert.deepEqual(
      (await shownBackups()).map((b) => [b.tag, b.complete]),
      [[result.tag, true]],
    );
    await subject.dropBackup();
  },
);

/** SIGKILL as soon as the first node has its manifest; answers the tag once the scripts have ended. */
async function killBeforeComplete(): Promise<string> {
  const child = startCli(subject.directory, ['before-backup']);
  const ended = new Promise<NodeJS.Signals | null>((done) =>
    child.once('close', (_, signal) => done(signal)),
  );
  child.stdout.resume();
  child.stderr.resume();
  const manifests = () => subject.cluster.nodes.flatMap((n) => tagsIn(join(n.volume, 'kassette')));
  while (manifests().length === 0 && child.exitCode === null) await sleep(1);
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  const [tag = ''] = manifests();
  await sleep(500);
  return tag;
}

function tagsIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter(
    (tag) => isTag(tag) && existsSync(join(directory, tag, 'backup.json')),
  );
}

test('asked to stop by SIGTERM it ends with status 14 and leaves nothing', SLOW, async () => {
  const step = 'Taking snapshots';
  const run = await stopRunAt(subject.directory, ['before-backup'], { step }, 'SIGTERM');
  assert.equal(run.status, 14, run.lines.join('\n'));
  await assertNothingLeft(subject.cluster.nodes);
});

test('of a part of a ring no backup is made, and none that a node joined meanwhile', SLOW, async () => {
  /** Another node is in the ring from the beginning, or from the first snapshot on. */
  const withAnother = (meanwhile: boolean) => (control: NodeControl) => {
    let isThere = !meanwhile;
    return {
      endpoints: async (node: Node) => {
        const members = await control.endpoints(node);
        const [first] = members;
        if (first === undefined || !isThere) return members;
        return [...members, { ...first, address: '127.0.1.99', hostId: 'another', datacenter: 'elsewhere' }];
      },
      takeSnapshot: (node: Node, tag: string) => {
        isThere = true;
        return control.takeSnapshot(node, tag);
      },
    };
  };
  for (const [meanwhile, message] of [
    [
      false,
      /^Cluster .* has nodes that this run does not cover: 127\.0\.1\.99 in datacenter elsewhere\. A backup /,
    ],
    [true, /^The ring of cluster .* changed while the backup was made: 127\.0\.1\.99 has joined\.$/],
  ] as const) {
    await withPorts(subject, withAnother(meanwhile), (ports) =>
      assert.rejects(beforeBackup(ports, OPTIONS), { code: 'PARTIAL_CLUSTER', exit: 28, message }),
    );
    await assertNothingLeft(subject.cluster.nodes);
  }
});
