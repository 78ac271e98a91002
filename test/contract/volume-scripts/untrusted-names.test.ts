import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { volumeFiles } from '../../../src/adapters/volume-files/volume-files.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import { isAutoSnapshot, isComponentPath } from '../../../src/domain/backup/untrusted.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { TABLE, TAG } from './script-volume.ts';

// Directories with any names, read by both adapters: what they answer are names that kassette can use, and the same ones.
const letters = fc.constantFrom(
  ...[
    'a',
    '1',
    '.',
    '-',
    '_',
    '+',
    ' ',
    '\n',
    '\t',
    '*',
    '?',
    '[',
    '$',
    '`',
    "'",
    '"',
    '\\',
    '\r',
    'é',
    '\u2028',
  ],
);
const odd = fc.string({ unit: letters, minLength: 1, maxLength: 8 }).filter((n) => n !== '.' && n !== '..');
const component = fc.tuple(fc.nat({ max: 9 }), odd).map(([n, end]) => `nb-${n}-big-${end}`);
const name = fc.oneof(
  odd,
  component,
  fc.nat({ max: 9 }).map((n) => `nb-${n}-big-Data.db`),
);
const snapshot = `${TABLE}/snapshots/${TAG}`;
const path = fc.oneof(
  name.map((n) => `${snapshot}/${n}`),
  fc.tuple(name, name).map(([a, b]) => `${snapshot}/${a}/${b}`),
  fc.tuple(odd, name).map(([a, b]) => `${TABLE}/snapshots/truncated-${a}/${b}`),
  fc.tuple(odd, name).map(([a, b]) => `${TABLE}/${a}/${b}`),
  odd.map((a) => `kassette/${a}/complete`),
  odd.map((a) => `kassette/attempts/${a}.json`),
);

test('names in a volume are understood or left out, by scripts and by calls of the operating system alike', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(path, { maxLength: 12 }), async (paths) => {
      const root = mkdtempSync(join(tmpdir(), 'kassette-names-'));
      try {
        for (const p of [`${snapshot}/nb-1-big-Data.db`, `kassette/${TAG}/complete`, ...paths]) make(root, p);
        const node = { name: 'n', volume: root, dataDirectories: [join(root, 'data')] } as unknown as Node;
        const volumes = new VolumeScripts(localShell());
        const { parts } = await volumes.read(node, TAG);
        const offline = await volumeFiles(root, root).read(TAG);
        const names = (all: typeof parts) =>
          all.flatMap((p) => Array.from(p.files, (f) => `${p.directory} ${f.name}`));
        assert.deepEqual(names(parts), names(offline.parts).toSorted());
        for (const { directory, files } of parts) {
          assert.equal(directory, TABLE);
          for (const f of files) assert(isComponentPath(f.name), JSON.stringify(f.name));
        }
        const survey = await volumes.survey(node);
        assert.deepEqual(
          survey.backups.map((b) => b.tag),
          [TAG],
        );
        for (const p of survey.autoSnapshots) assert(isAutoSnapshot(p), JSON.stringify(p));
        for (const { id } of survey.attempts) assert.match(id, /^[\w.-]+$/);
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
    // An echo that reads escapes, as that of dash, would end a line in the second and make a path of the third.
    {
      numRuns: 40,
      examples: ['a', 'nx', 'n1\\040\\0057etc'].map((name) => [[`${snapshot}/nb-0-big-\\${name}`]]),
    },
  );
});

/** One that another file is in the way of is left out. */
function make(root: string, p: string): void {
  try {
    mkdirSync(dirname(join(root, p)), { recursive: true });
    writeFileSync(join(root, p), 'x');
  } catch {}
}
