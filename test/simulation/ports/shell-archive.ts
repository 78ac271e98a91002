import { statSync } from 'node:fs';
import * as archive from '../../../src/adapters/volume-scripts/archive-scripts.ts';
import type { Run } from './shell-volume.ts';

/** Those of the scripts that work on the commit log. */
export const archiveScripts: readonly (readonly [script: string, work: (run: Run) => string])[] = [
  [archive.LOG_FILES, logFiles],
  [archive.PRUNE, prune],
];

const ARCHIVE = 'kassette/commitlog';

function logFiles({ volume }: Run): string {
  const segments = (directory: string, kind: string) =>
    volume
      .list(directory)
      .filter((name) => /^CommitLog-.*\.log$/.test(name))
      .map((name) => {
        const { size, mtimeMs } = statSync(volume.at(`${directory}/${name}`));
        return `${kind} ${size} ${(mtimeMs / 1000).toFixed(6)} ${name}`;
      });
  return [
    ...(volume.has(`${ARCHIVE}/stopped`) ? [`stopped ${volume.base64(`${ARCHIVE}/stopped`)}`] : []),
    'room 4000000000000 1000000000000',
    ...(volume.has('commitlog') ? ['live', ...segments('commitlog', 'active')] : []),
    ...segments(ARCHIVE, 'archived'),
    'end',
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function prune({ volume, args: [bytes], input }: Run): string {
  if (input.length !== Number(bytes)) throw new Error('the input ended early');
  for (const name of input.toString().split('\0').filter(Boolean)) volume.remove(`${ARCHIVE}/${name}`);
  return volume.remove(`${ARCHIVE}/stopped`);
}
