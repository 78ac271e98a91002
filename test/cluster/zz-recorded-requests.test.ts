import { test } from 'node:test';
import { assertRecorded } from '../contract/management-api/request-logs.ts';
import { openTarget } from './support/target.ts';

// The last file of the suite: what all others have sent is in the nodes' logs by now.
test('every request was of a kind that a real management API was seen to answer', async () => {
  const target = await openTarget();
  try {
    assertRecorded(target.cluster);
  } finally {
    await target.end();
  }
});
