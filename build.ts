import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, transform } from 'esbuild';

/** Few files that start fast: no module resolution, no type stripping, and what only Kubernetes needs in a file of its own. */
async function buildProgram(outdir: string): Promise<void> {
  await build({
    entryPoints: { 'kassette-main': 'src/main.ts' },
    outdir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'kassette-[name]-[hash]',
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    // Set where it is the entry point, which here is the launcher.
    define: { 'import.meta.main': 'false' },
    // Some dependencies are CommonJS and call require at run time.
    banner: {
      js: "import { createRequire as kassetteRequire } from 'node:module'; const require = kassetteRequire(import.meta.url);",
    },
    external: ['kerberos', 'pino-pretty'],
    logLevel: 'warning',
  });
}

/** A launcher that an old Node.js understands as well, by itself. */
export async function buildLauncher(outdir: string): Promise<void> {
  const source = await readFile('src/launcher.ts', 'utf8');
  const { code } = await transform(source.replace('./main.ts', './kassette-main.mjs'), {
    loader: 'ts',
    target: 'node12.20',
  });
  await mkdir(outdir, { recursive: true });
  await writeFile(join(outdir, 'kassette.mjs'), code);
  await chmod(join(outdir, 'kassette.mjs'), 0o755);
}

if (import.meta.main) {
  await rm('dist', { recursive: true, force: true });
  await buildProgram('dist');
  await buildLauncher('dist');
}
