import { hint, kassette } from '../../hint.ts';
import type { DoctorFacts } from '../facts.ts';
import { type Finding, known, problem, warning } from '../finding.ts';
import type { ArchiveFacts } from './facts.ts';

/** Whether every node of a datacenter archives its log, without a gap since the last base; nothing where none is asked to. */
export function checkArchiving(facts: DoctorFacts): readonly Finding[] {
  // Said already.
  if ('unknown' in facts.volumes) return [];
  return known(facts.archives, (datacenters) => datacenters.flatMap((d) => datacenterFindings(d, facts)));
}

function datacenterFindings(
  { datacenter, windows, nodes, namespace: own }: ArchiveFacts,
  { namespace }: DoctorFacts,
): readonly Finding[] {
  const archives = nodes.some((n) => n.archiving === 'on' || n.archiving === 'stopped');
  if (!archives && windows.length === 0) return [];
  const enable = hint`Run ${kassette('archive', 'enable', '--namespace', own ?? namespace, '--datacenter', datacenter)}, and make a backup when all nodes were restarted.`;
  const again = hint`Make a backup: from it on the log is archived again. ${kassette('window', '--namespace', namespace)} shows what can be reached until then.`;
  const last = windows.at(-1);
  return [
    ...nodes.flatMap(({ node, archiving, stopped, nearBound }) => [
      ...(archiving === 'off'
        ? [problem(`${node} ends segments of its commit log without archiving them.`, enable)]
        : []),
      ...(archiving === 'stopped'
        ? [problem(`${node} has stopped archiving its commit log: ${stopped ?? ''}.`, again)]
        : []),
      ...(archiving === 'unproven'
        ? [warning(`${node} has archived no segment of its commit log yet.`, enable)]
        : []),
      ...(nearBound === null
        ? []
        : [
            warning(
              `${node}: ${nearBound}.`,
              'Back up more often, keep fewer backups, or enlarge the volume.',
            ),
          ]),
    ]),
    ...(last?.nodes ?? []).flatMap(({ node, gaps: [gap] }) =>
      // That it has stopped is said already.
      gap === undefined || gap.segments === null
        ? []
        : [
            problem(
              `The archived commit log of ${node} has a gap since backup ${last?.base}: ${gap.segments} segments are missing after ${gap.after ?? 'it'}.`,
              again,
            ),
          ],
    ),
    ...(last === undefined
      ? [
          warning(
            `${datacenter} archives its commit log, and no backup in its volumes is a base for it.`,
            hint`Make backups with ${kassette('before-backup', '--namespace', namespace, '--keep', '2')}.`,
          ),
        ]
      : []),
  ];
}
