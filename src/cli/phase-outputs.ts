import { KassetteError } from '../domain/errors.ts';

/** Results by name; Kanister takes letters, digits and `_`, and text as value. */
export type Outputs = Readonly<Record<string, string | number>>;

/** As Kanister finds them in a pod's log, each in a line of its own. */
export function phaseOutputs(outputs: Outputs): readonly string[] {
  return Object.entries(outputs).map(([key, value]) => {
    if (!/^\w+$/.test(key))
      throw new KassetteError('INTERNAL', `\`${key}\` is not a valid name of an output.`, 'Report this.');
    return `###Phase-output###: ${JSON.stringify({ key, value: String(value) })}`;
  });
}
