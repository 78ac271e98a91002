import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/*
 * `make executable`: one file that needs no Node.js on the machine, and its checksum. It is the Node.js of the npm package `node`
 * with kassette's bundle inside (https://nodejs.org/api/single-executable-applications.html), for the platform on which it is built.
 */
const NAME = 'kubectl-kassette';
/** Under which name Node.js looks for the blob, and the mark that says that there is one. */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const [, , directory = 'build/executable'] = process.argv;
if (process.platform !== 'linux') fail(`It is built on Linux, and this is ${process.platform}.`);
const { resolve } = createRequire(import.meta.url);
const node = resolve('node/bin/node');
const target = join(directory, NAME);
mkdirSync(directory, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'kassette-executable-'));
try {
  const main = join(scratch, 'kassette.cjs');
  const output = join(scratch, 'kassette.blob');
  const settings = join(scratch, 'settings.json');
  await build({
    entryPoints: ['src/main.ts'],
    outfile: main,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // The main script of such a program is CommonJS.
    format: 'cjs',
    minify: true,
    keepNames: true,
    define: { 'import.meta.main': 'true', 'import.meta.dirname': '__dirname' },
    external: ['kerberos', 'pino-pretty'],
    logLevel: 'warning',
  });
  const options = { disableExperimentalSEAWarning: true, useCodeCache: true };
  writeFileSync(settings, JSON.stringify({ main, output, ...options }));
  runNode('--experimental-sea-config', settings);
  // A file that is being run cannot be written to, but it can be replaced.
  rmSync(target, { force: true });
  copyFileSync(node, target);
  chmodSync(target, 0o755);
  runNode(resolve('postject/dist/cli.js'), target, RESOURCE, output, '--sentinel-fuse', FUSE);
} finally {
  rmSync(scratch, { recursive: true });
}
const sum = createHash('sha256').update(readFileSync(target)).digest('hex');
// As `sha256sum --check` reads it.
writeFileSync(`${target}.sha256`, `${sum}  ${NAME}\n`);
console.log(
  `${target} and its checksum: ${process.platform}-${process.arch}, Node.js ${process.versions.node}`,
);

/** Both say much on standard error that means nothing where they succeed. */
function runNode(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' });
  if (status !== 0) fail(`${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

function fail(why: string): never {
  console.error(`The executable was not built. ${why}`);
  process.exit(1);
}
