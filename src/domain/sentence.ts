const SHOWN = 5;

/** `a, b, c, d, e and 7 more`: as many names as a message holds. */
export function firstFew(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
}

/** A sentence as a part of another one. */
export const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '');
