import { z } from 'zod';

/** What a namespace says of a backup that the hooks of several namespaces share. */
export const NOTE_KINDS = ['joined', 'ended', 'failed'] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

/** `kassette/<tag>/<kind>/<namespace>` in a volume, on the nodes of that namespace. */
export interface FoundNote {
  readonly kind: NoteKind;
  readonly namespace: string;
  readonly text: string;
}

/** Whose hook wrote it. */
const noteForm = z.readonly(
  z.object({ version: z.literal(1), run: z.string().nullable(), hook: z.boolean() }),
);
type Writer = Pick<z.infer<typeof noteForm>, 'run' | 'hook'>;

export function renderNote({ run, hook }: Writer): string {
  return `${JSON.stringify({ version: 1, run, hook })}\n`;
}

/** Null for what kassette did not write. */
export function writerOf({ text }: Pick<FoundNote, 'text'>): Writer | null {
  try {
    const { run, hook } = noteForm.parse(JSON.parse(text));
    return { run, hook };
  } catch {
    return null;
  }
}

/** By its path below that of the backup; null for what is no name of a note. */
export function noteNamed(path: string): Omit<FoundNote, 'text'> | null {
  const [, kind, namespace] = /^([a-z]+)\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/.exec(path) ?? [];
  const known = NOTE_KINDS.find((k) => k === kind);
  return known === undefined || namespace === undefined ? null : { kind: known, namespace };
}
