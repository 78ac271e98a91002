#!/usr/bin/env node
import { CATALOGUE } from './domain/errors.ts';

// What is run as `kassette`. It has to be understood by any Node.js, so that one which is too old gets a sentence, not a page of
// source: the program itself is read only when the version is right.
const NEEDED = 24;

const { node: version } = process.versions;
if (Number.parseInt(version, 10) >= NEEDED) {
  await import('./main.ts');
} else {
  process.stderr.write(
    `kassette needs Node.js ${NEEDED} or later, and this is ${version} (${process.execPath}). Install a newer one and put it first in PATH.\n`,
  );
  process.exitCode = CATALOGUE.OLD_NODE.exit;
}
