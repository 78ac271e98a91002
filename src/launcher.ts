#!/usr/bin/env node
// What is run as `kassette`. Node.js 12 has to understand it, so that a Node.js which is too old gets a sentence and not a page of
// source: no imports, no `await` at this level. The program itself is read only when the version is right.
const NEEDED = 24;
/** CATALOGUE.OLD_NODE.exit; a test compares the two. */
const OLD_NODE = 3;

const version = process.versions.node;
if (Number.parseInt(version, 10) >= NEEDED) {
  void import('./main.ts').then(({ main }) => main());
} else {
  process.stderr.write(
    `kassette needs Node.js ${NEEDED} or later. Found: ${version} (${process.execPath}). Install a newer one and put it first in PATH, or use the executable that needs no Node.js.\n`,
  );
  process.exitCode = OLD_NODE;
}
