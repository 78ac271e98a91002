import type { Blueprint, Hook, Hooks, Phase } from './facts.ts';

export type Role = 'before-backup' | 'after-backup' | 'before-restore' | 'after-restore';

/** What a blueprint's action does for kassette, by the command that it runs and not by its name; null for anything else. */
export function roleOf(phases: readonly Phase[]): Role | null {
  const words = phases.flatMap((p) => p.command).join(' ');
  const [, time, what] = /(before|after)[-_](backup|restore)/.exec(words) ?? [];
  return time === undefined ? null : (`${time}-${what}` as Role);
}

/** What a hook does, or in words why it does nothing for us. */
export type HookRole = { readonly role: Role } | { readonly wrong: string };

export function roleOfHook(hook: Hook | undefined, blueprints: readonly Blueprint[]): HookRole {
  if (hook === undefined) return { wrong: 'is missing' };
  const blueprint = blueprints.find((b) => b.name === hook.blueprint);
  if (blueprint === undefined) return { wrong: `names blueprint ${hook.blueprint}, which does not exist` };
  const phases = blueprint.actions[hook.actionName];
  const called = `action ${hook.actionName} of blueprint ${hook.blueprint}`;
  if (phases === undefined) return { wrong: `names ${called}, which does not exist` };
  const role = roleOf(phases);
  return role === null ? { wrong: `names ${called}, which does not run kassette` } : { role };
}

/** Whether after-backup is run as the hook of a run that has failed, which removes nobody else's backup. */
export function isForFailure(hook: Hook | undefined, blueprints: readonly Blueprint[]): boolean {
  const phases = blueprints.find((b) => b.name === hook?.blueprint)?.actions[hook?.actionName ?? ''] ?? [];
  return phases.some((p) => p.command.some((word) => /(^|\s)--failed(\s|$)/.test(word)));
}

export function allHooks({ preHook, onSuccess, onFailure }: Hooks): readonly Hook[] {
  return [preHook, onSuccess, onFailure].filter((h) => h !== undefined);
}

/** Whether Kasten runs kassette for every datacenter that this blueprint is bound to. */
export function isDatacenterBlueprint(blueprint: Blueprint): boolean {
  return roleOf(blueprint.actions['backupPrehook'] ?? []) === 'before-backup';
}
