import { journal, OLDER, TAG } from '../../../support/kept-volumes.ts';
import { BEGUN, type Case, FROM_BACKUP, kept, REPLACED, RESTARTED, TIDIED } from './case.ts';

/** Backups, and restores while Cassandra runs. */
export const WARM: readonly Case[] = [
  { name: 'nothing', volumes: kept, after: 'NO_BACKUP', did: [], hook: null },
  {
    name: 'restored and tidied',
    volumes: () => kept().tidied('both'),
    ...{ after: `unchanged ${TAG} warm`, did: [], hook: null },
  },
  {
    name: 'restored and tidied, and a node was started since',
    volumes: () => kept().tidied('one').tidied('other', TAG, { later: 1 }),
    ...{ after: 'NO_BACKUP', did: [], hook: null },
  },
  {
    name: 'restored and tidied on one node, with something else on the other',
    volumes: () => kept().tidied('one').tidied('other', OLDER),
    ...{ after: 'NO_BACKUP', did: [], hook: null },
  },
  {
    name: 'restored and tidied; a later backup is there and is meant',
    volumes: () => kept().started(1, 1).tidied('both', OLDER).backup('both'),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: null },
  },
  {
    name: 'restored and tidied; a later backup is there and is not meant',
    volumes: () => kept().tidied('both', OLDER).backup('both'),
    options: { tag: OLDER },
    ...{ after: `unchanged ${OLDER} warm`, did: [], hook: RESTARTED },
  },
  {
    name: 'a backup under which all nodes were started anew',
    volumes: () => kept().backup('both'),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: RESTARTED },
  },
  {
    name: 'a backup under which one node was started anew',
    volumes: () => kept().backup('both').started(2, 1),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: null },
  },
  {
    name: 'a backup that is not complete',
    volumes: () => kept().backup('one').backup('other', { complete: false }),
    ...{ after: 'BACKUP_INCOMPLETE', did: [], hook: RESTARTED },
  },
  {
    name: 'two backups',
    volumes: () => kept().backup('both').backup('both', { tag: OLDER }).started(1, 1),
    ...{ after: 'BACKUP_AMBIGUOUS', did: [], hook: null },
  },
  {
    name: 'two backups, of which one is meant',
    volumes: () => kept().backup('both').backup('both', { tag: OLDER }).started(1, 1),
    options: { tag: OLDER },
    ...{ after: `restored ${OLDER} warm`, did: REPLACED, hook: null },
  },
  {
    name: 'a backup, and another one is asked for',
    volumes: () => kept().backup('both').started(1, 1),
    options: { tag: OLDER },
    ...{ after: 'NO_BACKUP', did: [], hook: null },
  },
  {
    name: 'replacing on both nodes',
    volumes: () => kept().backup('both', { journal: journal('replacing') }),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'replacing on one node',
    volumes: () =>
      kept()
        .backup('one', { journal: journal('replacing') })
        .backup('other')
        .started(1, 1),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'a journal that cannot be read',
    volumes: () => kept().backup('both', { journal: 'torn' }).started(1, 1),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'loaded on one node, and the other still replacing',
    volumes: () =>
      kept()
        .backup('one', { journal: journal('loaded') })
        .backup('other', { journal: journal('replacing') }),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'loaded on all nodes, not tidied',
    volumes: () => kept().backup('both', { journal: journal('loaded') }),
    ...{ after: `finished ${TAG} warm`, did: TIDIED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'loaded on all nodes, and half removed',
    volumes: () => kept().backup('both', { journal: journal('loaded'), complete: false }),
    ...{ after: `finished ${TAG} warm`, did: TIDIED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'loaded on all nodes, one tidied',
    volumes: () =>
      kept()
        .tidied('one')
        .backup('other', { journal: journal('loaded') }),
    ...{ after: `finished ${TAG} warm`, did: ['finish n-dc2'], hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'loaded on one node, the other has the record of another restore',
    volumes: () =>
      kept()
        .tidied('one', OLDER)
        .backup('one')
        .backup('other', { journal: journal('loaded') }),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'loaded with one backup here and with another one there',
    volumes: () =>
      kept()
        .backup('one', { journal: journal('loaded') })
        .backup('other', { tag: OLDER, journal: journal('loaded', OLDER) }),
    ...{ after: 'BACKUP_INCOMPLETE', did: [], hook: BEGUN, restoring: [OLDER, TAG] },
  },
  {
    name: 'loaded on all nodes, and restored warm by request',
    volumes: () => kept().backup('both', { journal: journal('loaded') }),
    options: { method: 'warm' },
    ...{ after: `finished ${TAG} warm`, did: TIDIED, hook: BEGUN, restoring: [TAG] },
  },
  {
    name: 'loaded on all nodes, and a restore of tables has begun and not ended',
    volumes: () =>
      kept()
        .backup('both', { journal: journal('loaded') })
        .tables(FROM_BACKUP),
    ...{ after: `finished ${TAG} warm`, did: TIDIED, hook: BEGUN, restoring: [TAG] },
  },
];
