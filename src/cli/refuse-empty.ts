import type { Command } from 'commander';

/** Options that say what is meant: one that is given without a value must not stand for the default. */
const NEVER_EMPTY = ['namespace', 'kastenNamespace', 'datacenter', 'embedded', 'context', 'kubeconfig'];

/**
 * Refuse an option of these that is empty on the command line. A template of a blueprint renders to nothing where the subject
 * has no namespace; the run would go on in the namespace of its own pod. An empty environment variable is as good as none.
 */
export function refuseEmpty(command: Command): void {
  // `plan restore-table` has most of its options from `plan`.
  if (command.parent !== null) refuseEmpty(command.parent);
  for (const option of command.options) {
    const name = option.attributeName();
    if (!NEVER_EMPTY.includes(name) || command.getOptionValueSource(name) !== 'cli') continue;
    const values: unknown[] = [command.getOptionValue(name)].flat();
    if (!values.includes('')) continue;
    command.error(
      `error: option '${option.flags}' is empty. Give it a value. In a Kanister blueprint: the ActionSet's object has no such field (object.namespace, object.name), so the template renders to nothing.`,
      { exitCode: 2, code: 'kassette.emptyOption' },
    );
  }
}
