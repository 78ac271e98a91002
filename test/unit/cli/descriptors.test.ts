import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { forbidden } from '../../../src/adapters/kubernetes/client/call-errors.ts';
import { COMMANDS } from '../../../src/cli/commands/all.ts';
import { FLAGS } from '../../../src/cli/flags/catalogue.ts';
import { type Flag, isArgument, longOf } from '../../../src/cli/flags/flag.ts';
import { allCommands, buildProgram } from '../../../src/cli/program.ts';
import type { CommandValues, Edge } from '../../../src/cli/run.ts';
import { describedBy } from '../../../src/cli/say.ts';
import { commandOfHint } from '../../../src/domain/hint.ts';
import { OUTSIDE } from '../../../src/domain/rights.ts';
import { commandOf } from '../../../src/domain/tables/table-journal.ts';
import type { Ports } from '../../../src/ports/ports.ts';

const TAG = 'kassette-20260301T021500Z-1a2b';

/** The real parser, behind which nothing works. @throws CommanderError with what it printed where the words are wrong */
async function parse(words: readonly string[]): Promise<void> {
  const edge: Edge = {
    signal: new AbortController().signal,
    connect: async () => ({}) as Ports,
    openVolume: () => assert.fail('no volume'),
    findSecrets: async () => ['dse-superuser'],
    switchArchiving: async () => false,
    findK8ssandra: async () => [{ namespace: 'k8ssandra', secrets: ['demo-superuser'] }],
    progress: () => ({ step: (_, work) => work({ count() {}, note() {} }), warn() {}, end() {} }),
    confirm: async () => false,
    ...{ stdout() {}, stderr() {}, exit() {} },
  };
  const program = buildProgram(edge);
  for (const command of allCommands(program)) command.exitOverride().configureOutput({ writeErr() {} });
  await program.parseAsync(['node', 'kassette', ...words]);
}

const clusterCommands = COMMANDS.filter((c) => 'access' in c);
const printCommands = COMMANDS.filter((c) => 'print' in c);

test('each flag is stated once: commands that work on clusters take the same ones, and each is taken', () => {
  const catalogue: Readonly<Record<string, Flag>> = FLAGS;
  for (const { name, flags } of clusterCommands) {
    for (const [key, flag] of Object.entries(flags)) assert.equal(flag, catalogue[key], `${name} ${key}`);
  }
  const taken = new Set(clusterCommands.flatMap((c) => Object.keys(c.flags)));
  assert.deepEqual([...taken].toSorted(), Object.keys(FLAGS).toSorted());
  const names = Object.values(FLAGS).map(longOf);
  assert.equal(new Set(names).size, names.length);
});

test('what two commands say in the same words is validated in the same way', () => {
  const byText = Map.groupBy(
    COMMANDS.flatMap((c) => Object.values<Flag>(c.flags)),
    (f) => `${f.usage} ${f.help}`,
  );
  for (const [text, flags] of byText) assert.equal(new Set(flags.map((f) => f.schema)).size, 1, text);
});

test('a default is valid, and every flag that is not an argument says what it is', () => {
  for (const { name, flags } of COMMANDS) {
    for (const flag of Object.values<Flag>(flags)) {
      if (flag.default !== undefined)
        assert.ok(flag.schema.safeParse(flag.default).success, `${name} ${flag.usage}`);
      assert.ok(isArgument(flag) || flag.help !== '', `${name} ${flag.usage}`);
    }
  }
});

test('every example is one that the parser takes', async () => {
  for (const { name, examples } of COMMANDS) {
    assert.ok(examples.length > 0, name);
    for (const example of examples) {
      const [, line = ''] = /kassette (.*?)(?:\)$| \| |$)/.exec(example) ?? [];
      const words = line.match(/'[^']*'|\S+/g)?.map((w) => w.replace(/^'(.*)'$/, '$1')) ?? [];
      await assert.doesNotReject(parse(words), example);
    }
  }
});

/** The arguments of each `kassette(…)` in the source; what is computed there becomes a word that its flag takes. */
function commandsOfHints(): readonly (readonly string[])[] {
  const sources = globSync('src/{domain,engine,adapters,cli}/**/*.ts').map((f) => readFileSync(f, 'utf8'));
  return sources.flatMap((source) =>
    [...source.matchAll(/\bkassette\(([^()]*)\)/g)].map(([, list = '']) =>
      list.split(',').flatMap((argument) => {
        const word = argument.trim();
        if (word === '' || word.startsWith('...')) return [];
        return [/^'(.*)'$/.exec(word)?.[1] ?? 'a/b'];
      }),
    ),
  );
}

test('every command that a hint names is one that the parser takes', async () => {
  const found = commandsOfHints();
  assert.ok(found.length > 35, `${found.length}`);
  for (const words of found) {
    // Those of single tables are made of a journal, below.
    if (words[0] === 'restore-table') continue;
    assert.ok(describedBy(COMMANDS, words), words.join(' '));
    await assert.doesNotReject(parse(words), words.join(' '));
  }
});

test('so are those that are put together of what was found', async () => {
  const caller = { account: { namespace: 'own', name: 'k' } } as Parameters<typeof forbidden>[3];
  const lines = [
    ...[[], ['--mode', 'merge'], ['--as', '"a"."b_then"']].map((options) =>
      commandOf({ tables: ['"a"."b"'], source: `backup:${TAG}`, options }),
    ),
    ...[caller, undefined].map((c) => commandOfHint(forbidden([OUTSIDE.forward], 'ns', undefined, c).advice)),
  ];
  for (const line of lines) {
    const [program, ...words] = line?.words ?? [];
    assert.equal(program, 'kassette');
    await assert.doesNotReject(parse(words), words.join(' '));
  }
});

test('a command in a hint that does not exist, or has not that flag, would be found', async () => {
  await assert.rejects(parse(['after-restor']), { code: 'commander.unknownCommand' });
  await assert.rejects(parse(['recover', '--method', 'cold']), { code: 'commander.unknownOption' });
  await assert.rejects(parse(['policy']), { code: 'commander.missingMandatoryOptionValue' });
});

test('commands that print have the places that they grant rights in and look secrets up in, and no other', () => {
  for (const { name, flags } of printCommands) {
    const places = Object.values<Flag>(flags)
      .filter((f) => f.locates)
      .map(longOf);
    const expected: Readonly<Record<string, readonly string[]>> = {
      manifests: ['--datacenter-namespace', '--kubeconfig', '--context'],
      policy: ['--kubeconfig', '--context'],
      rbac: ['--kubeconfig', '--context'],
      archive: ['--kubeconfig', '--context'],
    };
    assert.deepEqual(places, expected[name] ?? [], name);
  }
  const located = Object.values<Flag>(FLAGS).filter((f) => f.locates);
  assert.deepEqual(located.map(longOf), [
    '--namespace',
    '--k8ssandra-cluster',
    '--datacenter',
    '--kubeconfig',
    '--context',
    '--superuser-secret',
    '--embedded',
  ]);
});

test('plan restore-table has the flags of restore-table and none that only plan means', async () => {
  const plan = ['plan', 'restore-table', 'k.t', '--from', `backup:${TAG}`];
  for (const given of [['--method', 'cold'], ['--recover', 'never'], ['--keep-extra']]) {
    await assert.rejects(parse([...plan, ...given]), { code: 'kassette.usage', message: /unknown option/ });
    await assert.rejects(parse(['plan', ...given, ...plan.slice(1)]), { code: 'kassette.usage' });
  }
  const own = buildProgram({} as Edge)
    .commands.find((c) => c.name() === 'plan')
    ?.commands.find((c) => c.name() === 'restore-table');
  assert.doesNotMatch(own?.helpInformation() ?? '', /--method|--recover|--keep-extra/);
});

test('a flag that plan has, too, is one of plan restore-table wherever it stands', async () => {
  const seen: (string | undefined)[] = [];
  const edge = {
    ...{ signal: new AbortController().signal, confirm: async () => false },
    ...{ stdout() {}, stderr() {}, exit() {} },
    progress: () => ({ step: (_: string, work: () => unknown) => work(), warn() {}, end() {} }),
    connect: async ({ namespace }: CommandValues) => {
      seen.push(namespace);
      return {} as Ports;
    },
  } as unknown as Edge;
  const given = ['restore-table', 'k.t', '--from', `backup:${TAG}`];
  for (const words of [
    ['plan', '--namespace', 'ns', ...given],
    ['plan', ...given, '--namespace', 'ns'],
  ])
    await buildProgram(edge).parseAsync(['node', 'kassette', ...words]);
  assert.deepEqual(seen, ['ns', 'ns']);
});
