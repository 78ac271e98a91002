import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedCluster } from '../../../lab/cluster/launcher.ts';
import { REQUEST_LOG } from '../../../lab/stand-in/request-log.ts';
import { nodePlaces } from '../../../src/adapters/embedded/nodes/node-places.ts';
import { RECORDED_SHAPES } from './recording.ts';

/** No node's management API was sent a kind of request, by method, path and shape of the body, that no real one was seen to answer. */
export function assertRecorded({ directory, nodes }: EmbeddedCluster): void {
  const shapes = nodes.flatMap(({ name }) =>
    readFileSync(join(nodePlaces(directory, name).logs, REQUEST_LOG), 'utf8')
      .trim()
      .split('\n'),
  );
  assert.ok(shapes.length > nodes.length, 'nothing was logged');
  assert.deepEqual([...new Set(shapes)].filter((shape) => !RECORDED_SHAPES.has(shape)).toSorted(), []);
}
