import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inside, processesIn } from '../../e2e/bed/machine/cgroups.ts';

test('a cgroup that is removed while the bed is taken down has no process and none below it', async (t) => {
  const cgroup = await mkdtemp(join(tmpdir(), 'kassette-cgroup-'));
  t.after(() => rm(cgroup, { recursive: true, force: true }));
  await writeFile(join(cgroup, 'cgroup.procs'), '12\n7\n');
  assert.deepEqual(processesIn(cgroup), [12, 7]);
  const gone = join(cgroup, 'gone');
  assert.deepEqual([processesIn(gone), inside(gone)], [[], []]);
});
