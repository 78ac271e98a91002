import type { Command, Help, Option } from 'commander';

/**
 * The sections of a command's help, and in each its options by name, what is used most first. A cluster operator never uses
 * an embedded cluster, so that comes last.
 */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  'Target:': ['namespace', 'datacenter', 'tag', 'from', 'as', 'kastenNamespace', 'path', 'embedded'],
  'Connection:': [
    'kubeconfig',
    'context',
    'cqlVia',
    'cqlCa',
    'cqlCert',
    'cqlKey',
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
  'Output:': ['output', 'logLevel', 'maxAge'],
};

const ORDER = Object.values(SECTIONS).flat();

/** Arrange a command's options in these sections; one that is in none of them comes at the end. */
export function groupOptions(command: Command): void {
  for (const option of command.options) {
    const [section] = Object.entries(SECTIONS).find(([, own]) => own.includes(option.attributeName())) ?? [];
    if (section !== undefined) option.helpGroup(section);
  }
  command.configureHelp({
    ...command.configureHelp(),
    groupItems: ((_, visible, sectionOf) =>
      Map.groupBy(visible.toSorted(byPlace), sectionOf)) as Help['groupItems'],
  });
}

function byPlace(a: Command | Option, b: Command | Option): number {
  return placeOf(a) - placeOf(b);
}

/** Commands keep their order. */
function placeOf(item: Command | Option): number {
  if (!('attributeName' in item)) return 0;
  const place = ORDER.indexOf(item.attributeName());
  return place < 0 ? ORDER.length : place;
}
