import { chmod } from 'node:fs/promises';
import { build } from 'esbuild';

// One file that starts fast: no module resolution, no type stripping.
await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/kassette.mjs',
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
