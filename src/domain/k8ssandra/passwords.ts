/** Names of settings and of variables whose values are secret. References to secrets are objects, and stay. */
const SECRET_NAME = /pass(?:word|wd|phrase)|token$|secret_?(?:access_?)?key|api_?key/i;
/** A secret within a text, as `-Djavax.net.ssl.keyStorePassword=…`. */
const SECRET_TEXT = /pass(?:word|wd|phrase)["']?\s*[=:]/i;
/** Numbers of tokens are no secret. */
const HARMLESS = /^(?:num|initial)_tokens?$|^allocate_tokens/i;

/** A value without what looks like a password, and the paths of what was left out. */
export function hiddenPasswords<T extends object>(
  value: T,
): { readonly kept: T; readonly omitted: string[] } {
  const omitted: string[] = [];
  const kept = hide(value, '', omitted) as T;
  return { kept, omitted };
}

function hide(value: unknown, path: string, omitted: string[]): unknown {
  if (Array.isArray(value))
    return value.map((item, i) => hide(item, `${path}[${i}]`, omitted)).filter(isKept);
  if (typeof value === 'string' && SECRET_TEXT.test(value)) {
    omitted.push(path);
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return value;
  const { name } = value as { readonly name?: unknown };
  const entries = Object.entries(value).map(([key, inner]) => {
    const own = path === '' ? key : `${path}.${key}`;
    // Of a variable: `name` says what `value` is.
    const called = key === 'value' && typeof name === 'string' ? name : key;
    if (typeof inner === 'object' || !SECRET_NAME.test(called) || HARMLESS.test(called))
      return [key, hide(inner, own, omitted)];
    omitted.push(own);
    return [key, undefined];
  });
  return Object.fromEntries(entries.filter(([, inner]) => isKept(inner)));
}

const isKept = (value: unknown) => value !== undefined;
