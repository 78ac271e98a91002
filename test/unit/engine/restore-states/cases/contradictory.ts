import { cold, journal, OLDER, TAG } from '../../../support/kept-volumes.ts';
import { type Case, kept, REPLACED, restoredCold, TIDIED } from './case.ts';

const SAYS = (ended: string, begun: string) =>
  new RegExp(
    `the restore of backup ${ended} has ended on all nodes, and that one of ${begun} has begun: nothing shows which was the last\\.$`,
  );
const loadedAndBegun = () =>
  kept()
    .backup('both', { journal: journal('loaded') })
    .backup('one', { tag: OLDER, journal: journal('replacing', OLDER) })
    .backup('other', { tag: OLDER });
const coldAndLoaded = () => restoredCold().backup('both', { tag: OLDER, journal: journal('loaded', OLDER) });
const recordAndBegun = () =>
  kept()
    .tidied('both', OLDER)
    .backup('one', { journal: journal('replacing') })
    .backup('other');

/** What journals say that cannot all be true, or is not what is asked for. */
export const CONTRADICTORY: readonly Case[] = [
  {
    name: 'loaded on all nodes, and the journal of another restore says that it has begun',
    volumes: loadedAndBegun,
    ...{ after: 'RESTORE_PENDING', did: [], hook: SAYS(TAG, OLDER), restoring: [OLDER, TAG] },
  },
  {
    name: 'the same, and what is loaded is meant',
    volumes: loadedAndBegun,
    options: { tag: TAG },
    ...{ after: `finished ${TAG} warm`, did: TIDIED, hook: SAYS(TAG, OLDER), restoring: [OLDER, TAG] },
  },
  {
    name: 'the same, and what has begun is meant',
    volumes: loadedAndBegun,
    options: { tag: OLDER },
    ...{ after: `restored ${OLDER} warm`, did: REPLACED, hook: SAYS(TAG, OLDER), restoring: [OLDER, TAG] },
  },
  {
    name: 'loaded on all nodes with two backups',
    volumes: () =>
      kept()
        .backup('both', { journal: journal('loaded') })
        .backup('both', { tag: OLDER, journal: journal('loaded', OLDER) }),
    ...{ after: 'RESTORE_PENDING', did: [], hook: SAYS(OLDER, TAG), restoring: [OLDER, TAG] },
  },
  {
    name: 'restored cold on all volumes, and loaded with another backup',
    volumes: coldAndLoaded,
    ...{ after: 'RESTORE_PENDING', did: [], hook: SAYS(TAG, OLDER), restoring: [OLDER, TAG] },
  },
  {
    name: 'the same, and what was restored cold is meant',
    volumes: coldAndLoaded,
    options: { tag: TAG },
    ...{ after: `finished ${TAG} cold`, did: TIDIED, hook: SAYS(TAG, OLDER), restoring: [OLDER, TAG] },
  },
  {
    name: 'restored cold on all volumes with two backups',
    volumes: () => restoredCold().backup('both', { tag: OLDER, cold: cold('restored', OLDER) }),
    ...{ after: 'RESTORE_PENDING', did: [], hook: SAYS(OLDER, TAG), restoring: [OLDER, TAG] },
  },
  {
    name: 'loaded on all nodes, and another backup is asked for',
    volumes: () =>
      kept()
        .backup('both', { journal: journal('loaded') })
        .backup('both', { tag: OLDER }),
    options: { tag: OLDER },
    ...{ after: `restored ${OLDER} warm`, did: REPLACED, restoring: [TAG] },
    hook: new RegExp(`hold backup ${TAG}, and its restore has begun and not ended`),
  },
  {
    name: 'restored and tidied, then another restore has begun; the first is asked for, which is not what is there any more',
    volumes: recordAndBegun,
    options: { tag: OLDER },
    ...{ after: 'NO_BACKUP', did: [], restoring: [TAG] },
    hook: new RegExp(`hold backup ${TAG}, and its restore has begun and not ended`),
  },
];
