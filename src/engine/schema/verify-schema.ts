import { keyOf, type Schema } from '../../domain/schema/schema.ts';
import { firstDifference, sameDefinition } from '../../domain/schema/schema-compare.ts';
import { notAsSaved } from './not-as-saved.ts';

/** Every saved object is there as it was saved. @throws VERIFY_FAILED */
export function verifySchema(saved: Schema, live: Schema): void {
  const found = new Map(live.map((o) => [keyOf(o), o]));
  for (const object of saved) {
    const counterpart = found.get(keyOf(object));
    if (counterpart === undefined) throw notAsSaved(`${keyOf(object)} is missing from the schema`);
    if (!sameDefinition(object, counterpart)) {
      const line = firstDifference(object, counterpart);
      throw notAsSaved(`${keyOf(object)} is not as the backup has it: \`${line}\``);
    }
  }
}
