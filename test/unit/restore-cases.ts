import type { RestoreOptions } from '../../src/commands/after-restore/options.ts';
import { SCHEMA, TAG } from './fake-cluster.ts';
import { cold, journal, KeptVolumes, OLDER } from './kept-volumes.ts';

/*
 * Every state that volumes can be in, and what each command makes of it: after-restore, a backup policy's hook, and status.
 * `after`: outcome, tag and method of after-restore, or its error; `hook`: null where it may remove the backup, else why not.
 */
export interface Case {
  readonly name: string;
  readonly volumes: () => KeptVolumes;
  readonly options?: Partial<RestoreOptions>;
  readonly after: string;
  readonly did: readonly string[];
  readonly hook?: RegExp | null;
  /** Tags of which status says that a restore has begun. */
  readonly restoring?: readonly string[];
  readonly warns?: RegExp;
}

const TIDIED = ['finish n-dc1', 'finish n-dc2'];
const REPLACED = ['begin n-dc1', 'begin n-dc2', ...TIDIED];
const FROM_BACKUP = `backup:${TAG}`;
const BEGUN = new RegExp(`hold backup ${TAG}, and its restore has begun and not ended`);
const RESTARTED = new RegExp(`hold backup ${TAG}, and all nodes were started anew since`);
const kept = () => new KeptVolumes();
const restoredCold = () => kept().backup('both', { cold: cold('restored') });

export const CASES: readonly Case[] = [
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
    volumes: () => kept().tidied('both', OLDER).backup('both').started(1, 1),
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
  {
    name: 'restored cold on all volumes',
    volumes: restoredCold,
    ...{ after: `finished ${TAG} cold`, did: TIDIED, hook: null, restoring: [TAG] },
  },
  {
    name: 'restored cold on all volumes, one tidied',
    volumes: () =>
      kept()
        .tidied('one')
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
    hook: new RegExp(`hold backup ${OLDER}, and all nodes were started anew`),
    restoring: [TAG],
  },
  {
    name: 'restored cold, and a node was started too early',
    volumes: () => restoredCold().started(2, Date.now() / 1000),
    ...{ after: `restored ${TAG} warm`, did: REPLACED, restoring: [TAG] },
    hook: /its cold restore is not finished: n-dc1 was started before all volumes were restored cold/,
    warns: /^n-dc1 was started before all volumes were restored cold: all tables are loaded anew\.$/m,
  },
  {
    name: 'restored cold, and the schema is not the saved one',
    volumes: () => {
      const volumes = restoredCold();
      volumes.fake.liveSchema = [SCHEMA, SCHEMA.replaceAll('ks', 'more')];
      return volumes;
    },
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
  {
    name: 'a restore of tables from the backup has begun and not ended',
    volumes: () => kept().backup('both').tables(FROM_BACKUP).started(1, 1),
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
    warns: /«kassette restore-table .* --from clones:x» has begun and not ended: run it again\./,
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
