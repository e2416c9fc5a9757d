import { StringDecoder } from 'node:string_decoder';

/** A piece of output: a whole line, or a state of one that is going to be overwritten. */
export interface Piece {
  text: string;
  end: '\n' | '\r';
}

/** Longest line kept together, in characters. */
const LONGEST = 16 * 1024;
/** Stands before what follows in a line that was cut, so that it can't pass for a line of its own. */
const CONTINUED = '       ';

/** Cuts chunks into lines; characters that are split between chunks stay whole. */
export class LineCutter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  *cut(chunk: Buffer): Generator<Piece, void, undefined> {
    yield* this.#cutText(this.#decoder.write(chunk));
  }

  /** What is left when the output ends without a line feed. */
  *end(): Generator<Piece, void, undefined> {
    yield* this.#cutText(this.#decoder.end());
    if (this.#rest !== '') yield { text: this.#rest.replace(/\r$/, ''), end: '\n' };
    this.#rest = '';
  }

  *#cutText(text: string): Generator<Piece, void, undefined> {
    this.#rest += text;
    let start = 0;
    for (const { 0: end, index } of this.#rest.matchAll(/\r\n|\n|\r(?!$)/g)) {
      yield { text: this.#rest.slice(start, index), end: end === '\r' ? '\r' : '\n' };
      start = index + end.length;
    }
    this.#rest = this.#rest.slice(start);
    while (this.#rest.length > LONGEST) {
      const end = isHalf(this.#rest.charCodeAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
      yield { text: this.#rest.slice(0, end), end: '\n' };
      this.#rest = CONTINUED + this.#rest.slice(end);
    }
  }
}

/** The first half of a character that takes two in a string. */
function isHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
