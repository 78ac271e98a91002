import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BedError } from '../bed-error.ts';
import { type KubernetesVersion, minorOf } from '../kubernetes/versions.ts';
import { bedCache } from '../places.ts';
import { run } from '../run.ts';
import { goEnvironment, goProgram } from './go-toolchain.ts';

const MODULES = join(import.meta.dirname, 'modules');
const VERSION = 'k8s.io/component-base/version';
/** Says which `go.mod` and `go.sum` the binaries beside it were built from. */
const STAMP = '.built-from';

interface GoModule {
  readonly programs: readonly string[];
  readonly linkerFlags?: string;
  /** The folder with the custom resource definitions, for a module that brings its own. */
  readonly definitions?: { readonly module: string; readonly folder: string };
}

const OPERATOR = { module: 'github.com/k8ssandra/cass-operator', folder: 'config/crd' };

function kubernetes(version: KubernetesVersion): GoModule {
  const stamps = [`gitVersion=v${version}`, 'gitMajor=1', `gitMinor=${minorOf(version)}`];
  return {
    programs: [
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubelet',
      'kube-proxy',
      'kubectl',
    ],
    // Unstamped, the server answers with a version that kubectl refuses to read.
    linkerFlags: stamps.map((stamp) => `-X ${VERSION}.${stamp}`).join(' '),
  };
}

const modules = {
  'kubernetes-1.37': kubernetes('1.37.2'),
  'kubernetes-1.34': kubernetes('1.34.4'),
  'kubernetes-1.29': kubernetes('1.29.6'),
  coredns: { programs: ['coredns'] },
  'cass-operator-1.28': { programs: ['cmd'], definitions: OPERATOR },
  'cass-operator-1.22': { programs: ['cmd'], definitions: OPERATOR },
  'cass-operator-1.15': { programs: ['cass-operator'], definitions: OPERATOR },
  helm: { programs: ['helm'] },
  // Ours: its sources lie beside its go.mod.
  blueprints: { programs: ['blueprints'] },
} satisfies Record<string, GoModule>;

export type ModuleName = keyof typeof modules;

export const binary = (module: ModuleName, program: string): string => join(folder(module), program);

/** The module's `config/crd`, kept with the binaries so that a warm start needs no Go. */
export const definitionsOf = (module: ModuleName): string => join(folder(module), 'crd');

/** What every bed needs. */
const ALWAYS: readonly ModuleName[] = ['coredns', 'helm', 'blueprints'];

/**
 * Builds what the cache lacks or has from other versions. The first time takes about ten minutes.
 * @param chosen the modules of the Kubernetes and the operators that are to be started
 */
export async function provideBinaries(
  chosen: readonly ModuleName[],
  onProgress: (line: string) => void,
): Promise<void> {
  for (const name of [...ALWAYS, ...chosen]) {
    if (isBuilt(name)) continue;
    onProgress(`Building ${name} (kept for the next time)`);
    const start = Date.now();
    await build(name, await goProgram(goMinorOf(name), onProgress));
    onProgress(`Built ${name} in ${Math.round((Date.now() - start) / 1000)} s`);
  }
}

async function build(name: ModuleName, go: string): Promise<void> {
  const { linkerFlags = '', definitions, programs }: GoModule = modules[name];
  const options = { cwd: join(MODULES, name), env: goEnvironment(), timeoutMs: 3_600_000 };
  await mkdir(join(bedCache(), 'bin'), { recursive: true });
  const beside = await mkdtemp(`${folder(name)}.making-`);
  try {
    const flags = ['-trimpath', '-ldflags', `-s -w ${linkerFlags}`.trim()];
    // Minutes on all processors, while other tests are at work.
    await run('nice', ['-n', '15', go, 'build', ...flags, '-o', `${beside}/`, 'tool'], options);
    const absent = programs.filter((program) => !existsSync(join(beside, program)));
    if (absent.length > 0) throw new BedError(`The module ${name} built no ${absent.join(', ')}.`);
    if (definitions !== undefined) await copyDefinitions(go, definitions, beside, options);
    await writeFile(join(beside, STAMP), keyOf(name));
    await rm(folder(name), { recursive: true, force: true });
    await rename(beside, folder(name));
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** The Go that it asks for, by the minor number. */
function goMinorOf(name: ModuleName): number {
  const [, minor] = /^go 1\.(\d+)/m.exec(readFileSync(join(MODULES, name, 'go.mod'), 'utf8')) ?? [];
  return Number(minor);
}

async function copyDefinitions(
  go: string,
  { module, folder: source }: NonNullable<GoModule['definitions']>,
  target: string,
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<void> {
  const sources = (await run(go, ['list', '-m', '-f', '{{.Dir}}', module], options)).trim();
  await cp(join(sources, source), join(target, 'crd'), { recursive: true });
  // The module cache is read-only, and what is copied from it could not be removed.
  await run('chmod', ['-R', 'u+w', join(target, 'crd')]);
}

const folder = (module: ModuleName): string => join(bedCache(), 'bin', module);

function isBuilt(name: ModuleName): boolean {
  const stamp = join(folder(name), STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === keyOf(name);
}

const sourcesOf = (name: ModuleName): readonly string[] =>
  readdirSync(join(MODULES, name))
    .filter((file) => file.endsWith('.go'))
    .toSorted();

function keyOf(name: ModuleName): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', ...sourcesOf(name)])
    hash.update(readFileSync(join(MODULES, name, file)));
  return hash.update(JSON.stringify(modules[name])).digest('hex');
}
