const [LINE_END, SPACE] = [0x0a, 0x20];

/** Takes a script's answer piece by piece and hands on its lines, so that a long one is never held as a whole. */
export class Lines {
  readonly #take: (line: string) => void;
  #rest: Buffer[] = [];

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(output: Buffer): void {
    const end = output.lastIndexOf(LINE_END);
    if (end >= 0) {
      const whole = Buffer.concat([...this.#rest, output.subarray(0, end)]).toString();
      this.#rest = [];
      for (const line of whole.split('\n')) if (line !== '') this.#take(line);
    }
    // A copy: the output is not ours.
    if (end + 1 < output.length) this.#rest.push(Buffer.from(output.subarray(end + 1)));
  }

  /** After the last of the output: a line without an end is one, too. */
  end(): void {
    this.push(Buffer.from('\n'));
  }
}

/** What reads a text that comes as base64. */
export interface TextTaker {
  push(bytes: Buffer): void;
}

/**
 * The same where lines `file NAME BASE64` come first, whose texts are handed on decoded, also piece by piece.
 */
export class LinesAfterTexts {
  readonly #takerOf: (name: string) => TextTaker;
  readonly #lines: Lines;
  #head: Buffer = Buffer.alloc(0);
  #text: Base64 | null = null;
  #isPastTexts = false;

  constructor(takerOf: (name: string) => TextTaker, take: (line: string) => void) {
    this.#takerOf = takerOf;
    this.#lines = new Lines(take);
  }

  push(output: Buffer): void {
    let rest = output;
    while (rest.length > 0 && !this.#isPastTexts)
      rest = this.#text === null ? this.#pushHead(rest) : this.#pushText(this.#text, rest);
    if (rest.length > 0) this.#lines.push(rest);
  }

  end(): void {
    if (this.#head.length > 0) this.#lines.push(this.#head);
    this.#lines.end();
  }

  /** @returns what comes after `file NAME `, or all there is where the line is another one */
  #pushHead(output: Buffer): Buffer {
    const bytes = Buffer.concat([this.#head, output]);
    const start = bytes.subarray(0, 5).toString();
    this.#head = bytes;
    if (start === 'file ') {
      const end = bytes.indexOf(SPACE, 5);
      if (end < 0) return Buffer.alloc(0);
      this.#text = new Base64(this.#takerOf(bytes.subarray(5, end).toString()));
      this.#head = Buffer.alloc(0);
      return bytes.subarray(end + 1);
    }
    if ('file '.startsWith(start)) return Buffer.alloc(0);
    this.#isPastTexts = true;
    this.#head = Buffer.alloc(0);
    return bytes;
  }

  #pushText(text: Base64, output: Buffer): Buffer {
    const end = output.indexOf(LINE_END);
    text.push(end < 0 ? output : output.subarray(0, end));
    if (end < 0) return Buffer.alloc(0);
    text.end();
    this.#text = null;
    return output.subarray(end + 1);
  }
}

/** Four characters are three bytes: what is left over waits for the next piece. */
class Base64 {
  readonly #taker: TextTaker;
  #rest = '';

  constructor(taker: TextTaker) {
    this.#taker = taker;
  }

  push(output: Buffer): void {
    const text = this.#rest + output.toString('latin1');
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    this.#taker.push(Buffer.from(text.slice(0, whole), 'base64'));
  }

  end(): void {
    this.#taker.push(Buffer.from(this.#rest, 'base64'));
  }
}
