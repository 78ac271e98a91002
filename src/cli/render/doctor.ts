import type { Finding } from '../../domain/doctor/finding.ts';
import type { DoctorResult } from '../../engine/verbs/doctor.ts';
import type { Rendered, Say } from '../descriptor.ts';
import { plainly, withHint } from '../say.ts';

export function renderDoctor(result: DoctorResult, say: Say = plainly): Rendered {
  const findings = result.checks.flatMap((c) => c.findings);
  const of = (level: Finding['level']) => findings.filter((f) => f.level === level).length;
  const [problems, unknown] = [of('problem'), of('unknown')];
  const failure = problems > 0 ? 'SETUP_WRONG' : unknown > 0 ? 'SETUP_UNKNOWN' : undefined;
  const lines = result.checks.flatMap(({ check, namespace, findings: own }) => {
    const what = namespace === undefined ? check : `${check} (${namespace})`;
    return own.length === 0
      ? [`ok       ${what}`]
      : own.flatMap((f) => [`${f.level.padEnd(8)} ${what}: ${f.message}`, `         hint: ${say(f.hint)}`]);
  });
  const end =
    findings.length === 0
      ? `Found nothing wrong with how ${result.namespace} is backed up.`
      : `${problems} problems, ${of('warning')} warnings, ${unknown} unknown (could not be checked) in ${result.namespace}.`;
  return {
    text: [...lines, end].join('\n'),
    json: {
      ...result,
      checks: result.checks.map((c) => ({ ...c, findings: c.findings.map((f) => withHint(f, say)) })),
    },
    outputs: { problems, unknown, findings: findings.map((f) => f.message).join(' ') },
    ...(failure === undefined ? {} : { failure }),
  };
}
