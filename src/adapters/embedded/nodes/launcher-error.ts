/** A failure of the embedded cluster: what went wrong, and in `hint` the way out. */
export class LauncherError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LauncherError';
    this.hint = hint;
  }
}
