import { DURATION, flag, grouped, oneOf, TEXT_OR_NONE } from './flag.ts';

export const OUTPUT = grouped('Output:', {
  output: flag(
    '-o, --output <format>',
    'format of the result; kanister: text and phase outputs for a blueprint',
    oneOf('text', 'json', 'kanister'),
    { default: 'text' },
  ),
  level: flag(
    '--log-level <level>',
    'how much to print on standard error',
    oneOf('silent', 'warn', 'info', 'debug'),
    { default: 'info' },
  ),
  maxAgeMs: flag(
    '--max-age <duration>',
    "age above which the last backup is too old (default: from the policy's frequency)",
    DURATION.optional(),
  ),
});

/** The embedded cluster is for tests and demos, so that it comes last. */
export const EMBEDDED = grouped('Without Kubernetes:', {
  embedded: flag(
    '--embedded <directory>',
    'use the embedded cluster in this directory instead of Kubernetes',
    TEXT_OR_NONE,
    { env: 'KASSETTE_EMBEDDED', neverEmpty: true, locates: true },
  ),
});
