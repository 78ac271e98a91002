import { after, before, test } from 'node:test';
import { define } from '../../../lab/dataset/define.ts';
import { SLOW } from '../../tiers.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* Replication may name more replicas than there are: ALL can never be had there. */
let subject: Subject;

function replicateRoles(replicas: number): Promise<void> {
  const { client, datacenter } = subject;
  const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter}': ${replicas}}`;
  return define(client, [`ALTER KEYSPACE system_auth WITH replication = ${replication}`]);
}

before(async () => {
  subject = await openSubject();
  await replicateRoles(5);
}, SLOW);
after(async () => {
  await replicateRoles(3);
  await subject.close();
}, SLOW);

test(
  'with five replicas of roles and permissions on three nodes a backup is made and restored',
  SLOW,
  async () => {
    await subject.backUp();
    await subject.changeSome();
    await subject.restore();
    await subject.assertRestored();
  },
);
