import { cold, journal, OLDER, TAG } from '../../../support/kept-volumes.ts';
import { BEGUN, type Case, kept, REPLACED, RESTARTED, restoredCold, TIDIED } from './case.ts';

/** Restores with Cassandra stopped. */
export const COLD: readonly Case[] = [
  {
    name: 'restored cold and tidied',
    volumes: () => kept().tidied('both', TAG, { method: 'cold' }),
    ...{ after: `unchanged ${TAG} cold`, did: [], hook: null },
  },
  {
    name: 'restored cold on all volumes',
    volumes: restoredCold,
    ...{ after: `finished ${TAG} cold`, did: TIDIED, hook: null, restoring: [TAG] },
  },
  {
    name: 'restored cold on all volumes, one tidied',
    volumes: () =>
      kept()
        .tidied('one', TAG, { method: 'cold' })
        .backup('other', { cold: cold('restored') }),
    ...{ after: `finished ${TAG} cold`, did: ['finish n-dc2'], hook: RESTARTED, restoring: [TAG] },
  },
  {
    name: 'restored cold on all volumes, and a warm restore is asked for',
    volumes: restoredCold,
    options: { method: 'warm' },
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: null, restoring: [TAG] },
  },
  {
    name: 'restored cold on all volumes, and another backup is asked for',
    volumes: () => restoredCold().backup('both', { tag: OLDER }),
    options: { tag: OLDER },
    after: `restored ${OLDER} warm`,
    did: REPLACED,
    hook: new RegExp(`hold backup ${OLDER}, and all nodes were restarted`),
    restoring: [TAG],
  },
  {
    name: 'restored cold, and a node was started too early',
    volumes: () => restoredCold().started(2, Date.parse('2026-03-02T00:00:00.000Z') / 1000),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, restoring: [TAG] },
    hook: /its cold restore is not finished: n-dc1 was started before all volumes were restored cold/,
    warns: /^n-dc1 was started before all volumes were restored cold: all tables are loaded again\.$/m,
  },
  {
    name: 'restored cold, and the schema is not the saved one',
    volumes: () => restoredCold().since("CREATE KEYSPACE more WITH replication = {'class': 'LocalStrategy'}"),
    ...{ after: 'VERIFY_FAILED', did: [], restoring: [TAG] },
    hook: /its cold restore is not finished: .*keyspace "more"\."more" is not as the backup has it/,
  },
  {
    name: 'restored cold on one volume only',
    volumes: () =>
      kept()
        .backup('one', { cold: cold('restored') })
        .backup('other'),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: RESTARTED, restoring: [TAG] },
  },
  {
    name: 'a cold restore of one volume has begun and not ended',
    volumes: () =>
      kept()
        .backup('one', { cold: cold('replacing') })
        .backup('other')
        .started(1, 1),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'a cold journal that cannot be read',
    volumes: () => kept().backup('both', { cold: 'torn' }),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: RESTARTED, restoring: [TAG] },
  },
  {
    name: 'restored cold, and a warm restore has begun upon it',
    volumes: () => kept().backup('both', { cold: cold('restored'), journal: journal('replacing') }),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
];
