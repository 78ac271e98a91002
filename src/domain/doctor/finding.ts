import { type Hint, hint, kassette } from '../hint.ts';
import type { Look } from './facts.ts';

/** `problem`: backups or restores fail or lose data; `warning`: worth a change; `unknown`: could not be looked at. */
export interface Finding {
  readonly level: 'problem' | 'warning' | 'unknown';
  readonly message: string;
  /** The way out. */
  readonly hint: Hint;
}

export const problem = (message: string, hint: Hint): Finding => ({ level: 'problem', message, hint });
export const warning = (message: string, hint: Hint): Finding => ({ level: 'warning', message, hint });

export const unknown = (message: string, hint: Hint): Finding => ({ level: 'unknown', message, hint });

/** Judge what was looked at; else say that it could not be. */
export function known<T>(look: Look<T>, judge: (value: T) => readonly Finding[]): readonly Finding[] {
  if ('value' in look) return judge(look.value);
  const wayOut = hint`Ask somebody who may look. Or grant the rights that ${kassette('manifests')} prints, and run doctor as a pod.`;
  return [unknown(look.unknown, wayOut)];
}

/** The value, or what stands for it where it is not known. */
export function orElse<T>(look: Look<T>, otherwise: T): T {
  return 'value' in look ? look.value : otherwise;
}
