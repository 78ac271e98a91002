import { Command, Help, Option } from 'commander';

/**
 * The sections of a command's help, and in each its options by name, what is used most first. The embedded cluster is for tests and
 * demos, so that it comes last.
 */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  'Target:': ['namespace', 'datacenter', 'tag', 'from', 'as', 'kastenNamespace', 'path'],
  'Connection:': [
    'kubeconfig',
    'context',
    'cqlVia',
    'cqlCa',
    'cqlCert',
    'cqlKey',
    'cqlTlsVerify',
    'cqlTlsIdentity',
    'timeout',
    'maxWait',
    'concurrency',
  ],
  'Backup:': ['failed', 'close', 'incomplete', 'run', 'abandonAfter'],
  'Restore:': [
    ...['method', 'recover', 'mode', 'keepExtra', 'verify', 'deep', 'reserve', 'rate', 'dryRun', 'check'],
    ...['again', 'elsewhere', 'keepDisplaced', 'image', 'imagePullSecret'],
    ...['expectCluster', 'expectNode', 'ownAddress'],
  ],
  'Output:': ['output', 'logLevel', 'maxAge', 'help'],
  'Without Kubernetes:': ['embedded'],
};

const ORDER = Object.values(SECTIONS).flat();

/** The section of an option; undefined where it is in none. */
function sectionOf(option: Option): string | undefined {
  return Object.keys(SECTIONS).find((title) => SECTIONS[title]?.includes(option.attributeName()));
}

export function helpOption(): Option {
  return new Option('-h, --help', 'show this help');
}

/** Arrange a command's options in these sections; one that is in none of them comes at the end. */
export function groupOptions(command: Command): void {
  command.addHelpOption(helpOption().helpGroup('Output:'));
  for (const option of command.options) {
    const section = sectionOf(option);
    if (section !== undefined) option.helpGroup(section);
  }
  const inherited = command.parent?.parent ? command.parent.options.filter((o) => !o.hidden) : [];
  command.configureHelp({
    ...command.configureHelp(),
    // Those of `plan` are options of `plan restore-table` as well: they belong into the same sections.
    visibleOptions: (own) => [...new Help().visibleOptions(own), ...inherited],
    visibleGlobalOptions: () => [],
    groupItems: ((_, visible, section) =>
      Map.groupBy(visible.toSorted(byPlace), section)) as Help['groupItems'],
  });
}

/** Order of options in a list. */
export function byPlace(a: Command | Option, b: Command | Option): number {
  return placeOf(a) - placeOf(b);
}

/** Commands keep their order. */
function placeOf(item: Command | Option): number {
  if (!('attributeName' in item)) return 0;
  const place = ORDER.indexOf(item.attributeName());
  return place < 0 ? ORDER.length : place;
}

export const COMMAND_SECTIONS: Readonly<Record<string, readonly string[]>> = {
  'Backup:': ['before-backup', 'after-backup'],
  'Restore:': ['before-restore', 'plan', 'after-restore', 'restore-table', 'recover', 'clean-volume'],
  'Inspect:': ['status', 'verify', 'doctor'],
  'Set up:': ['manifests', 'policy', 'rbac', 'completion'],
};

/** Arrange the commands of the program by what a person wants. */
export function groupCommands(program: Command): void {
  const order = Object.values(COMMAND_SECTIONS).flat();
  for (const [section, names] of Object.entries(COMMAND_SECTIONS)) {
    for (const command of program.commands) if (names.includes(command.name())) command.helpGroup(section);
  }
  program.addHelpCommand(
    new Command('help')
      .helpOption(false)
      .argument('[command]')
      .description('Show the help of a command.')
      .helpGroup('Set up:'),
  );
  program.addHelpOption(
    new Option('-h, --help', 'show this help; after a command: its options and examples'),
  );
  const place = (item: Command | Option) => {
    if ('attributeName' in item) return 0;
    const index = order.indexOf(item.name());
    return index < 0 ? order.length : index;
  };
  program.configureHelp({
    ...program.configureHelp(),
    groupItems: ((_, visible, section) =>
      Map.groupBy(
        visible.toSorted((a, b) => place(a) - place(b)),
        section,
      )) as Help['groupItems'],
  });
}
