import type { DoctorResult } from '../../commands/doctor/doctor.ts';
import type { Rendered } from '../run.ts';

export function renderDoctor(result: DoctorResult): Rendered {
  const findings = result.checks.flatMap((c) => c.findings);
  const problems = findings.filter((f) => f.level === 'problem').length;
  const lines = result.checks.flatMap(({ check, findings: own }) =>
    own.length === 0
      ? [`ok       ${check}`]
      : own.flatMap((f) => [`${f.level.padEnd(8)} ${check}: ${f.message}`, `         hint: ${f.hint}`]),
  );
  const end =
    findings.length === 0
      ? `Nothing is wrong with how ${result.namespace} is backed up.`
      : `${problems} problems, ${findings.length - problems} other findings in ${result.namespace}.`;
  return {
    text: [...lines, end].join('\n'),
    json: result,
    outputs: { problems, findings: findings.map((f) => f.message).join(' ') },
    ...(problems === 0 ? {} : { failure: 'SETUP_WRONG' }),
  };
}
