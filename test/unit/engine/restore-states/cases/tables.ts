import { journal, OLDER, TAG } from '../../../support/kept-volumes.ts';
import { BEGUN, type Case, FROM_BACKUP, kept, REPLACED, restoredCold } from './case.ts';

/** Restores of single tables that have not ended. */
export const TABLES: readonly Case[] = [
  {
    name: 'a restore of tables from the backup has begun and not ended',
    volumes: () => kept().backup('both').tables(FROM_BACKUP).started(1, 1),
    ...{ after: 'RESTORE_PENDING', did: [] },
    hook: /a restore of "shop"\."orders" from it has begun and not ended/,
  },
  {
    name: 'the same, and the nodes were started since it began, but not since the backup was made',
    volumes: () => kept().backup('both').tables(FROM_BACKUP, TAG, '1970-01-01T00:00:00.000Z').started(1, 1),
    ...{ after: 'RESTORE_PENDING', did: [] },
    hook: /a restore of "shop"\."orders" from it has begun and not ended/,
  },
  {
    name: 'the same, and all is meant',
    volumes: () => kept().backup('both').tables(FROM_BACKUP).started(1, 1),
    options: { tag: TAG },
    ...{ after: `restored ${TAG} warm`, did: REPLACED },
    hook: /a restore of "shop"\."orders" from it has begun and not ended/,
  },
  {
    name: 'a restore of tables from copies has begun and not ended',
    volumes: () => kept().backup('both').tables('clones:x').started(1, 1),
    ...{ after: 'RESTORE_PENDING', did: [], hook: null },
    warns: /`kassette restore-table .* --from clones:x` has begun and not ended: run it again\./,
  },
  {
    name: 'a restore of tables from copies, without any backup',
    volumes: () => kept().tables('clones:x'),
    ...{ after: 'NO_BACKUP', did: [], hook: null },
  },
  {
    name: 'a restore of tables whose backup is gone',
    volumes: () => kept().backup('both').tables(`backup:${OLDER}`, OLDER).started(1, 1),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: null },
  },
  {
    name: 'a restore of tables in volumes that were restored since',
    volumes: () => kept().backup('both').tables(FROM_BACKUP),
    ...{ after: `restored ${TAG} warm`, did: REPLACED },
    hook: /a restore of "shop"\."orders" from it has begun and not ended/,
  },
  {
    name: 'restored cold, and then a restore of tables from the backup has begun',
    volumes: () => restoredCold().tables(FROM_BACKUP, TAG, '2100-01-01T00:00:00.000Z'),
    ...{ after: 'RESTORE_PENDING', did: [], restoring: [TAG] },
    hook: /a restore of "shop"\."orders" from it has begun and not ended/,
  },
  {
    name: 'restored cold, and then a restore of tables from copies has begun',
    volumes: () => restoredCold().tables('clones:x', TAG, '2100-01-01T00:00:00.000Z'),
    ...{ after: 'RESTORE_PENDING', did: [], hook: null, restoring: [TAG] },
  },
  {
    name: 'restored cold, and then a restore of tables has begun whose backup is gone',
    volumes: () => restoredCold().tables(`backup:${OLDER}`, OLDER),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: null, restoring: [TAG] },
  },
  {
    name: 'replacing, and a restore of tables has begun before',
    volumes: () =>
      kept()
        .backup('both', { journal: journal('replacing') })
        .tables(FROM_BACKUP)
        .started(1, 1),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
];
