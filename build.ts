import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

// A launcher that any Node.js understands, and few files behind it that start fast: no module resolution, no type stripping, and what only Kubernetes needs in a file of its own.
await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { kassette: 'src/launcher.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  splitting: true,
  chunkNames: 'kassette-[name]-[hash]',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  // Some dependencies are CommonJS and call require at run time.
  banner: {
    js: "import { createRequire as kassetteRequire } from 'node:module'; const require = kassetteRequire(import.meta.url);",
  },
  external: ['kerberos', 'pino-pretty'],
  logLevel: 'warning',
});
await chmod('dist/kassette.mjs', 0o755);
