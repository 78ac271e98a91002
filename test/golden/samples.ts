import type { Rendered } from '../../src/cli/descriptor.ts';
import { renderAfterBackup, renderBeforeBackup } from '../../src/cli/render/backup.ts';
import { renderCleanVolume } from '../../src/cli/render/clean-volume.ts';
import { renderDoctor } from '../../src/cli/render/doctor.ts';
import { renderRecover } from '../../src/cli/render/recover.ts';
import { renderAfterRestore, renderBeforeRestore, renderPlan } from '../../src/cli/render/restore.ts';
import { renderRewind } from '../../src/cli/render/rewind.ts';
import { renderStatus } from '../../src/cli/render/status.ts';
import { renderRestoredTables, renderTablePlan } from '../../src/cli/render/table.ts';
import { renderVerified } from '../../src/cli/render/verify.ts';
import { kassette } from '../../src/domain/hint.ts';

/*
 * One result of each kind, with everything in it that can be printed. Their texts are in test/golden/output, so that a change of
 * wording is seen in a review; `make docs` writes them.
 */
const TAG = 'kassette-20260301T021500Z-1a2b';
const OLD = 'kassette-20260228T021500Z-9f8e';
const AT = '2026-03-01T02:15:04.000Z';
const LATER = '2026-03-02T02:15:04.000Z';
const NODE = 'dse-cass-prd-default-sts-0';
const MIB = 1024 ** 2;
const table = { keyspace: '"shop"', name: '"orders"' };
const sums = { tables: 2, files: 24, bytesLinked: 3 * MIB };
const cold = { restoredAt: AT, volumes: 3, byThisRun: 1 };
const restored = {
  cluster: 'dse',
  tag: TAG,
  ...sums,
  bytesCopied: 0,
  why: null,
  cold: null,
  viewsRebuilt: [],
  plan: null,
} as const;
const drop = { object: 'table "shop"."drafts"', statement: 'DROP TABLE "shop"."drafts"' };
const create = {
  object: 'table "shop"."items"',
  statement: 'CREATE TABLE "shop"."items" (\n  id uuid PRIMARY KEY\n)',
};
const nothing = { sstables: 0, files: 0, bytes: 0 };
const loads = { sstables: 3, files: 24, bytes: 3 * MIB };
const volume = {
  ...{ cluster: 'dse', node: NODE, tag: TAG, nodes: [NODE], seconds: 1.5, bytesCopied: 0 as const, ...sums },
  ...{ moved: 31, displaced: `kassette/displaced-${TAG}/0f1e` },
} as const;
const tablePlan: Parameters<typeof renderTablePlan>[0] = {
  ...{
    cluster: 'dse',
    source: `backup:${TAG}`,
    tag: TAG,
    mode: 'replace',
    drops: [drop],
    truncates: [table],
    creates: [create],
  },
  tables: [
    { ...table, kind: 'table', action: 'reload', ...loads },
    {
      keyspace: '"shop"',
      name: '"items_old"',
      kind: 'table',
      from: '"shop"."items"',
      action: 'recreate',
      ...loads,
    },
    { keyspace: '"shop"', name: '"audit"', kind: 'table', action: 'merge', ...loads },
  ],
  rebuilds: [{ object: 'view "shop"."by_day"', statement: 'DROP MATERIALIZED VIEW "shop"."by_day"' }],
  ...{ kept: ['"shop"."later"'], differences: ['A difference.'], notes: ['A note.'], redistribute: false },
  ...{ bytesCopied: MIB, expectedSeconds: 7 },
};

const planned = {
  cluster: 'dse',
  tag: TAG,
  method: 'warm',
  ...loads,
  tables: 2,
  viewsToRebuild: [],
} as const;

const RESULTS: Readonly<Record<string, Rendered>> = {
  'before-backup': renderBeforeBackup({
    ...{ tag: TAG, startedAt: AT, seconds: 1.2, skewMs: 83, removed: [OLD], kept: [OLD], abandonedAt: LATER },
    clusters: [
      {
        ...{ cluster: 'dse', datacenters: ['cass-prd'], nodes: 3, tables: 41, files: 984, bytes: 3 * MIB },
        ...{ bytesUnlinked: 2 * MIB, crampedUnlinked: [NODE], viewsToRebuild: ['"shop"."by_day"'] },
      },
    ],
  }),
  'after-backup': renderAfterBackup({
    ...{ removed: [OLD], closed: TAG, kept: [TAG], nodes: 3, seconds: 0.4 },
    left: [
      { tag: 'kassette-20260227T021500Z-77aa', why: 'it was made by run a, and this is called for run b' },
    ],
  }),
  'before-restore': renderBeforeRestore({
    findings: [
      { cluster: 'dse', ok: true, code: null, message: 'All is well.', hint: null },
      { cluster: 'other', ok: false, code: 'NODE_DOWN', message: 'A node is down.', hint: 'Start it.' },
    ],
  }),
  plan: renderPlan({
    recover: null,
    clusters: [
      { ...planned, next: 'replace', why: null },
      {
        ...planned,
        cluster: 'cold',
        next: 'tidy',
        method: 'cold',
        why: null,
        viewsToRebuild: ['shop.by_day'],
      },
      { ...planned, cluster: 'done', next: 'nothing', why: 'it was restored before' },
    ],
    plans: [
      {
        ...{
          cluster: 'dse',
          tag: TAG,
          drops: [drop],
          truncates: [table],
          creates: [create],
          kept: ['"kept"'],
          rebuilds: [
            { object: 'view "shop"."by_day"', statement: 'CREATE MATERIALIZED VIEW "shop"."by_day" AS …' },
          ],
        },
        tables: [
          { ...table, kind: 'table', action: 'reload', ...loads },
          { keyspace: '"shop"', name: '"items"', kind: 'table', action: 'recreate', ...loads },
          { keyspace: '"shop"', name: '"by_day"', kind: 'view', action: 'rebuild', ...nothing },
        ],
      },
    ],
  }),
  'plan-cold': renderPlan({
    clusters: [],
    plans: [],
    recover: { datacenters: ['cass-prd'], why: 'Cassandra does not start on its volumes.', asks: true },
  }),
  'after-restore': renderAfterRestore({
    ...{ seconds: 4.1, method: 'warm' },
    clusters: [
      {
        ...restored,
        outcome: 'restored',
        concurrentWrites: ['"shop"."orders"'],
        viewsRebuilt: ['shop.by_day'],
      },
      { ...restored, cluster: 'cold', outcome: 'restored', cold, concurrentWrites: [] },
      { ...restored, cluster: 'killed', outcome: 'finished', concurrentWrites: [] },
      {
        ...restored,
        cluster: 'done',
        outcome: 'unchanged',
        why: 'it was restored before',
        concurrentWrites: [],
      },
    ],
  }),
  recover: renderRecover({
    seconds: 61,
    volumes: [
      { ...volume, outcome: 'restored', plan: null },
      { ...volume, node: 'dse-cass-prd-default-sts-1', outcome: 'unchanged', plan: null },
    ],
    clusters: [
      { ...restored, outcome: 'restored', cold, concurrentWrites: [] },
      { ...restored, cluster: 'warm', outcome: 'restored', concurrentWrites: [] },
    ],
  }),
  'clean-volume-dry-run': renderCleanVolume(
    {
      ...volume,
      outcome: 'planned',
      plan: {
        ...{ tag: TAG, cluster: 'dse', node: NODE, tables: 2, bytes: 3 * MIB },
        ...{
          moves: ['data/shop/orders-1/nb-9-big-Data.db'],
          empties: ['hints/a-1.hints'],
          drops: ['shop.drafts'],
        },
        links: [
          [`data/shop/orders-1/snapshots/${TAG}/nb-1-big-Data.db`, 'data/shop/orders-1/nb-1-big-Data.db'],
        ],
        ...{ forgets: ['system.peers'], unrepaired: [] },
      },
    },
    { dryRun: true, packed: false },
  ),
  'clean-volume': renderCleanVolume(
    { ...volume, outcome: 'restored', plan: null },
    { dryRun: false, packed: false },
  ),
  'plan-restore-table': renderTablePlan(tablePlan),
  'restore-table': renderRestoredTables({
    ...{
      seconds: 2.2,
      cluster: 'dse',
      tag: TAG,
      ...sums,
      bytesCopied: MIB,
      concurrentWrites: ['"shop"."orders"'],
      plan: tablePlan,
    },
  }),
  status: renderStatus({
    clusters: [
      {
        cluster: 'dse',
        datacenters: [
          { name: 'cass-prd', nodes: 3, ready: 2, unready: null },
          { name: 'cass-dr', nodes: 0, ready: 0, unready: 'has 0 of 3 pods' },
        ],
        backups: [
          {
            ...{
              tag: TAG,
              madeAt: AT,
              ageSeconds: 90,
              complete: true,
              on: [NODE],
              missingOn: [],
              restoring: false,
            },
            open: { since: AT, abandonedAt: LATER, run: 'policy-run-17' },
          },
          {
            ...{ tag: OLD, madeAt: AT, ageSeconds: 90_000, complete: false, on: [], missingOn: [NODE] },
            ...{ restoring: true, open: null },
          },
        ],
        kept: [OLD],
        lastRestore: null,
        contradictory: [TAG, OLD],
        directories: [],
        unfinished: [
          {
            tables: ['shop.orders'],
            source: `backup:${TAG}`,
            command: kassette('restore-table', 'shop.orders', '--from', `backup:${TAG}`),
          },
        ],
      },
      {
        cluster: 'empty',
        datacenters: [],
        backups: [],
        kept: [],
        lastRestore: null,
        contradictory: [],
        directories: [],
        unfinished: [],
      },
    ],
    runs: [
      {
        ...{ id: '0a1b2c3d', command: 'before-backup', hook: true, datacenters: [], tag: TAG },
        ...{ startedAt: LATER, endedAt: null, code: null, message: '' },
      },
      {
        ...{ id: '1a1b2c3d', command: 'after-restore', hook: false, datacenters: ['cass-prd'], tag: null },
        ...{ startedAt: AT, endedAt: '2026-03-01T02:16:05.000Z', code: 'NODE_DOWN' },
        message: `${NODE} is not UP and NORMAL.`,
      },
      {
        ...{ id: '2a1b2c3d', command: 'before-backup', hook: true, datacenters: [], tag: TAG },
        ...{ startedAt: '2026-03-01T02:15:00.000Z', endedAt: AT, code: null },
        message: `backup ${TAG} is complete: 4 s, skew 12 ms`,
      },
    ],
  }),
  rewind: renderRewind({
    ...{ outcome: 'rewound', cluster: 'dse', to: AT, seconds: 42, lastWrites: { 'shop.orders': AT } },
    plan: {
      ...{ cluster: 'dse', to: AT, base: OLD, lostSeconds: 95 },
      nodes: [{ node: NODE, segments: 46, bytes: 184 * MIB, files: 280 }],
      ...{
        created: ['shop.drafts'],
        dropped: ['shop.orders'],
        truncated: [{ table: 'shop.items', at: LATER }],
      },
    },
    nodes: [{ node: NODE, replayed: 41_888, later: 312, unknown: 7 }],
  }),
  'rewind-undo': renderRewind({
    ...{ outcome: 'undone', cluster: 'dse', to: AT, seconds: 20, plan: null, nodes: [], lastWrites: {} },
  }),
  verify: renderVerified({
    ...{
      tag: TAG,
      cluster: 'dse',
      cassandraVersion: '5.0.6',
      sizeOnly: 0,
      deep: true,
      takenOver: { files: 1200, bytes: 3 * 1024 ** 3, since: '2026-03-01T02:15:00.000Z' },
      ...loads,
      tables: 41,
      objects: 60,
      seconds: 2,
    },
    nodes: [{ name: NODE, hostId: '0f1e2d3c', where: `server-data-${NODE}` }],
  }),
  doctor: renderDoctor({
    namespace: 'cass-operator',
    checks: [
      { check: 'policy', findings: [] },
      { check: 'hooks', findings: [{ level: 'problem', message: 'A problem.', hint: 'The way out.' }] },
      {
        check: 'image',
        findings: [{ level: 'unknown', message: 'No pod has pulled it.', hint: 'Run a hook.' }],
      },
    ],
  }),
};

/** What each prints as text, by its name. */
export const texts: ReadonlyMap<string, string> = new Map(
  Object.entries(RESULTS).map(([name, { text }]) => [name, `${text}\n`]),
);
