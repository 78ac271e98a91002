import type { RewindPlan } from '../../domain/rewind/rewind-plan.ts';
import { firstFew } from '../../domain/sentence.ts';
import type { RewindResult } from '../../engine/verbs/point-in-time/rewind.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

const second = (iso: string) => iso.replace(/\.\d+Z$/, 'Z');

export function renderRewind(result: RewindResult): Rendered {
  return { text: [...textOf(result), `took ${formatSeconds(result.seconds)}`].join('\n'), json: result };
}

function textOf({ outcome, cluster, to, plan, nodes }: RewindResult): readonly string[] {
  const at = second(to);
  switch (outcome) {
    case 'planned':
      return [`${cluster} would be set back to ${at}. Nothing was changed.`, ...planText(plan)];
    case 'rewound':
      return [
        ...planText(plan),
        ...nodes.map(
          (n) =>
            `${n.node}: ${n.replayed} mutations replayed, ${n.later} of later left out${n.unknown === 0 ? '' : `, ${n.unknown} to tables that were not there`}`,
        ),
        `${cluster} is as it was at ${at}. What was before is kept: --accept removes it, --undo brings it back.`,
      ];
    case 'unchanged':
      return [`${cluster} was set back to ${at} before; nothing was changed.`];
    case 'undone':
      return [`${cluster} is as it was before it was set back to ${at}.`];
    case 'accepted':
      return [
        `${cluster} stays as it was at ${at}; what was before is removed. Back up now: what was archived before cannot be reached any more.`,
      ];
  }
}

function planText(plan: RewindPlan | null): readonly string[] {
  if (plan === null) return [];
  const named = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`  ${what} since the backup: ${firstFew(names)}`];
  return [
    `base ${plan.base}; what the last ${formatSeconds(plan.lostSeconds)} have written is gone`,
    ...plan.nodes.map(
      (n) => `  ${n.node}: ${n.files} files, ${n.segments} segments, ${formatBytes(n.bytes)}`,
    ),
    ...named('created', plan.created),
    ...named('dropped', plan.dropped),
    ...named(
      'truncated',
      plan.truncated.map((t) => `${t.table} (last at ${second(t.at)})`),
    ),
  ];
}
