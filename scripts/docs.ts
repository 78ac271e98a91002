import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildProgram } from '../src/cli/program.ts';
import { cliReference, helpTexts } from '../src/cli/reference.ts';
import type { Edge } from '../src/cli/run.ts';
import { texts } from '../test/golden/samples.ts';

// `make docs`: the reference of the command line, and the texts of --help and of results by which a change of wording is seen in a review.
const HELP = 'test/golden/help';
const OUTPUT = 'test/golden/output';

/** Paths and contents of what is generated and committed. */
export function generatedDocs(): ReadonlyMap<string, string> {
  // Nothing is run: the commands are only described.
  const program = buildProgram({} as Edge);
  const help = [...helpTexts(program)].map(
    ([name, text]) => [`${HELP}/${name.replaceAll(' ', '-')}.txt`, text] as const,
  );
  const output = [...texts].map(([name, text]) => [`${OUTPUT}/${name}.txt`, text] as const);
  return new Map([['docs/reference/cli.md', cliReference()], ...help, ...output]);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  for (const golden of [HELP, OUTPUT]) rmSync(join(root, golden), { recursive: true, force: true });
  for (const [path, text] of generatedDocs()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
