/** Something of the test bed did not come up or go down; the message carries the end of the log that tells why. */
export class BedError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'BedError';
  }
}
