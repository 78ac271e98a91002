/** What goes back over HTTP. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

export const TEXT = 'text/plain;charset=UTF-8';
export const JSON_TYPE = 'application/json';

export const OK: Answer = text('OK');

export function text(body: string, status = 200): Answer {
  return { status, type: TEXT, body };
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: JSON_TYPE, body: JSON.stringify(value) };
}

export function empty(status: number): Answer {
  return { status, type: null, body: '' };
}

export function badRequest(message: string): Answer {
  return text(message, 400);
}

const MEDIA_TYPE = {
  type: 'application',
  subtype: 'json',
  parameters: {},
  wildcardType: false,
  wildcardSubtype: false,
};

/** The envelope in which the management API sends what it did not turn into JSON itself. */
export function entity(value: unknown): Answer {
  return json({
    entity: value,
    variant: { language: null, mediaType: MEDIA_TYPE, encoding: null, languageString: null },
    annotations: [],
    language: null,
    encoding: null,
    mediaType: MEDIA_TYPE,
  });
}
