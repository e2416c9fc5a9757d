import { StringDecoder } from 'node:string_decoder';

/** A piece of output: a whole line, or a state of one that is going to be overwritten. */
export interface OutputLine {
  text: string;
  end: '\n' | '\r';
}

/** Cuts chunks into lines; characters that are split between chunks stay whole. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #longest: number;
  readonly #continued: string;
  #rest = '';

  /**
   * `longest` is the longest line kept together, in characters; `continued` stands before what follows in a line that was
   * cut, so that it can't pass for a line of its own.
   */
  constructor(longest = 16 * 1024, continued = '       ') {
    this.#longest = longest;
    this.#continued = continued;
  }

  *split(chunk: Buffer): Generator<OutputLine, void, undefined> {
    yield* this.#splitText(this.#decoder.write(chunk));
  }

  /** What is left when the output ends without a line feed. */
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
    while (this.#rest.length > this.#longest) {
      const end = this.#longest - (isHalf(this.#rest.charCodeAt(this.#longest - 1)) ? 1 : 0);
      yield { text: this.#rest.slice(0, end), end: '\n' };
      this.#rest = this.#continued + this.#rest.slice(end);
    }
  }
}

/** The first half of a character that takes two in a string. */
function isHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
