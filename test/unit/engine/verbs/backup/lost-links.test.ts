import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderBeforeBackup } from '../../../../../src/cli/render/backup.ts';
import { beforeBackup } from '../../../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../../../src/ports/ports.ts';
import type { World } from '../../../../simulation/cluster/world.ts';
import { cleanVolumes, restore } from '../../../../simulation/runs/history.ts';
import { OPTIONS } from '../../../support/restorable-cluster.ts';
import { worldWithTable } from '../../../support/world-with-table.ts';

// Volumes that were copied file by file, each link a file of its own: what it costs is said, and what comes back is the backup.

const TAG = 'kassette-20260301T021500Z-1a2b';

async function backedUp(free = (bytes: number) => bytes) {
  const world = worldWithTable('of the backup');
  const ports = world.ports();
  const read: Ports['volumes']['read'] = async (...args) => {
    const contents = await ports.volumes.read(...args);
    return { ...contents, freeBytes: free(contents.sharedBytes) };
  };
  const result = await beforeBackup(
    { ...ports, volumes: withRead(ports.volumes, read) },
    { ...OPTIONS, tag: TAG },
  );
  return { world, result };
}

/** An instance of a class keeps its methods where it is spread by none of them. */
function withRead(volumes: Ports['volumes'], read: Ports['volumes']['read']): Ports['volumes'] {
  return new Proxy(volumes, { get: (own, key) => (key === 'read' ? read : Reflect.get(own, key).bind(own)) });
}

/** As `cp -r` and most copies of files do. */
function loseLinks(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) loseLinks(path);
    else {
      copyFileSync(path, `${path}.copy`);
      rmSync(path);
      renameSync(`${path}.copy`, path);
    }
  }
}

function rows(world: World) {
  const { cluster } = world;
  return cluster.nodes.map((n) => [...cluster.at(n).rows(cluster.table('ks', 't')).values()]);
}

function files(world: World): readonly string[] {
  return world.cluster.nodes.flatMap((n) =>
    readdirSync(n.volume, { recursive: true, encoding: 'utf8' }).filter((p) =>
      /\/ks\/t-.*-Data\.db$/.test(p),
    ),
  );
}

test('what a copy without hard links takes is predicted, and where volumes are too small for it', async () => {
  const { result } = await backedUp((bytes) => bytes - 1);
  const [cluster] = result.clusters;
  assert.ok(cluster && cluster.bytesUnlinked > 0 && cluster.bytesUnlinked <= cluster.bytes);
  assert.deepEqual(cluster.crampedUnlinked, ['n-dc0', 'n-dc0-1']);
  assert.match(
    renderBeforeBackup(result).text,
    /file by file and loses hard links takes .* more: the volumes of n-dc0, n-dc0-1 are too small/,
  );
  const roomy = await backedUp();
  assert.deepEqual(roomy.result.clusters[0]?.crampedUnlinked, []);
  assert.doesNotMatch(renderBeforeBackup(roomy.result).text, /hard links/);
});

for (const how of ['warm', 'cold'] as const) {
  test(`${how}: volumes without their hard links come back as the backup, and keep nothing twice`, async () => {
    const { world } = await backedUp();
    world.cluster.write('ks', 't', 'b', 'newer');
    for (const node of world.cluster.nodes) {
      world.cluster.flush(node);
      loseLinks(node.volume);
      const left = readdirSync(node.volume, { recursive: true, encoding: 'utf8' }).map((p) =>
        join(node.volume, p),
      );
      assert.ok(left.every((p) => statSync(p).isDirectory() || statSync(p).nlink === 1));
    }
    if (how === 'cold') assert.equal((await world.run(cleanVolumes())).kind, 'done');
    world.cluster.restart();
    const ended = await world.run(restore());
    assert.equal(ended.kind, 'done', String('error' in ended ? ended.error : ''));
    assert.deepEqual(rows(world), [['of the backup'], ['of the backup']]);
    assert.equal(
      files(world).length,
      2,
      'one live SSTable on each node, no snapshot and nothing that was moved aside',
    );
  });
}
