import { StringDecoder } from 'node:string_decoder';

/** A whole line of output, or (with `\r`) a state of a progress line that is about to be overwritten. */
export interface OutputLine {
  text: string;
  end: '\n' | '\r';
}

/** Changes text before a long line is split, at places that may be as far as `longest` apart. */
interface Redactor {
  redact(text: string): string;
  longest: number;
}

/** Splits chunks into lines; keeps characters whole that span two chunks. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #maxLength: number;
  readonly #continued: string;
  readonly #redactor: Redactor | undefined;
  #rest = '';

  /**
   * `maxLength`: lines with more characters are split. `continued` is put before the continuation, so that it cannot pass
   * for a line of its own. `redactor`: for what must not be split.
   */
  constructor(maxLength = 16 * 1024, continued = '       ', redactor?: Redactor) {
    this.#maxLength = maxLength;
    this.#continued = continued;
    this.#redactor = redactor;
  }

  *split(chunk: Buffer): Generator<OutputLine, void, undefined> {
    yield* this.#splitText(this.#decoder.write(chunk));
  }

  /** Yields the rest if the output ended without a line feed. */
  *end(): Generator<OutputLine, void, undefined> {
    yield* this.#splitText(this.#decoder.end());
    if (this.#rest !== '') yield { text: this.#rest.replace(/\r$/, ''), end: '\n' };
    this.#rest = '';
  }

  *#splitText(text: string): Generator<OutputLine, void, undefined> {
    this.#rest += text;
    let start = 0;
    for (const { 0: end, index } of this.#rest.matchAll(/\r\n|\n|\r(?!$)/g)) {
      yield { text: this.#rest.slice(start, index), end: end === '\r' ? '\r' : '\n' };
      start = index + end.length;
    }
    this.#rest = this.#rest.slice(start);
    const longest = this.#redactor?.longest ?? 0;
    if (longest > 0 && this.#rest.length > this.#maxLength + longest)
      this.#rest = this.#redactor?.redact(this.#rest) ?? '';
    while (this.#rest.length > this.#maxLength + longest) {
      const end = this.#maxLength - (isHalf(this.#rest.charCodeAt(this.#maxLength - 1)) ? 1 : 0);
      yield { text: this.#rest.slice(0, end), end: '\n' };
      this.#rest = this.#continued + this.#rest.slice(end);
    }
  }
}

/** The first half of a surrogate pair. */
function isHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
