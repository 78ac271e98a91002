import type { Trigger } from '../backup/manifest.ts';
import { foreignIndexes, namesOfForeign } from './index-implementation.ts';
import type { Schema } from './schema.ts';

/** What a backup of these nodes cannot hold, each as sentences: no snapshot has it, or no DESCRIBE. */
export function unsavedIn(schema: Schema, triggers: readonly Trigger[]): readonly string[] {
  const foreign = foreignIndexes(schema);
  return [
    ...(foreign.length === 0
      ? []
      : [
          `Made by classes that are not Cassandra's: ${namesOfForeign(foreign)}. A snapshot has no files of such an index: a backup with it cannot be restored cold, and after a warm restore the index has to be rebuilt.`,
        ]),
    ...(triggers.length === 0
      ? []
      : [
          `Cassandra does not describe triggers: a restore that recreates their tables leaves them out. It names them: ${triggers.map((t) => t.statement).join('; ')}.`,
        ]),
  ];
}
