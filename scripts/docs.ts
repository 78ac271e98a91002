import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanVolumeCommand } from '../src/cli/clean-volume.ts';
import { buildProgram } from '../src/cli/program.ts';
import { cliReference, helpTexts } from '../src/cli/reference.ts';
import type { Edge } from '../src/cli/run.ts';

// `make docs`: the reference of the command line, and the texts of --help by which a change of wording is seen in a review.
const GOLDEN = 'test/golden/help';

/** Paths and contents of what is generated and committed. */
export function generatedDocs(): ReadonlyMap<string, string> {
  // Nothing is run: the commands are only described.
  const program = () => buildProgram(async () => {}, [cleanVolumeCommand({} as Edge)]);
  const golden = [...helpTexts(program())].map(
    ([name, text]) => [`${GOLDEN}/${name.replaceAll(' ', '-')}.txt`, text] as const,
  );
  return new Map([['docs/reference/cli.md', cliReference(program())], ...golden]);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  rmSync(join(root, GOLDEN), { recursive: true, force: true });
  for (const [path, text] of generatedDocs()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
