import { join } from 'node:path';
import { build } from 'esbuild';

const ENTRY = join(import.meta.dirname, '../../../../lab/pod/main.ts');

/** The stand-in for a pod as one file, an ES module: no node_modules in the image. */
export async function bundlePodProgram(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Some dependencies are CommonJS and call require at run time.
    banner: {
      js: "import { createRequire as podRequire } from 'node:module'; const require = podRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}
