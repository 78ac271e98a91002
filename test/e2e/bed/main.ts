import { parseArgs } from 'node:util';
import { startBed } from './bed.ts';
import { KUBERNETES_VERSIONS, USUAL_KUBERNETES } from './kubernetes/versions.ts';
import { knownPrograms, runningPid } from './machine/processes.ts';
import { OPERATOR_VERSIONS } from './operator/operator.ts';
import { placesIn, realDirectory } from './places.ts';
import { takeDown } from './teardown.ts';

const USAGE =
  'usage: main.ts up|down|status --directory DIR ' +
  `[--kubernetes ${KUBERNETES_VERSIONS.join('|')}] [--operator ${OPERATOR_VERSIONS.join('|')}]`;

const began = Date.now();
const say = (line: string): void => {
  process.stderr.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
};

interface Asked {
  readonly kubernetes: string;
  readonly operator: string | undefined;
}

async function up(directory: string, asked: Asked): Promise<number> {
  const kubernetes = KUBERNETES_VERSIONS.find((known) => known === asked.kubernetes);
  const version = OPERATOR_VERSIONS.find((known) => known === asked.operator);
  if (kubernetes === undefined) return refuse();
  if (asked.operator !== undefined && version === undefined) return refuse();
  const bed = await startBed({
    directory,
    kubernetes,
    operators: version === undefined ? [] : [version],
    onProgress: say,
    kept: true,
  });
  if (version !== undefined) {
    say(`Starting cass-operator ${version}`);
    await bed.startOperator(version);
  }
  say(`Ready: KUBECONFIG=${bed.kubeconfig}`);
  return 0;
}

function status(directory: string): number {
  const places = placesIn(realDirectory(directory));
  const names = knownPrograms(places);
  for (const name of names) process.stdout.write(`${name} ${runningPid(places, name) ?? 'ended'}\n`);
  const running = names.length > 0 && names.every((name) => runningPid(places, name) !== undefined);
  if (!running) process.stdout.write('not running\n');
  return running ? 0 : 1;
}

async function down(directory: string): Promise<number> {
  await takeDown(realDirectory(directory));
  say('Down');
  return 0;
}

function refuse(): number {
  process.stderr.write(`${USAGE}\n`);
  return 2;
}

async function main(): Promise<number> {
  const options = {
    directory: { type: 'string' },
    kubernetes: { type: 'string', default: USUAL_KUBERNETES },
    operator: { type: 'string' },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const { directory, kubernetes, operator } = values;
  if (directory === undefined || positionals.length !== 1) return refuse();
  if (positionals[0] === 'up') return up(directory, { kubernetes, operator });
  if (positionals[0] === 'down') return down(directory);
  return positionals[0] === 'status' ? status(directory) : refuse();
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
