/** The width of text on a terminal, where some characters take two columns and some none. */

const NARROW = /^[\x20-\x7e]*$/;
/** East Asian characters and emoji, except the halfwidth forms: https://www.unicode.org/reports/tr11/ */
const WIDE =
  /(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;
const INVISIBLE = /^[\p{M}\p{Cf}]+$/u;

export function columnsOf(text: string): number {
  return NARROW.test(text) ? text.length : charactersOf(text).reduce((sum, each) => sum + widthOf(each), 0);
}

/** Cuts a text to a width, and marks the cut with `…`. */
export function cut(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let left = width - 1;
  let end = 0;
  for (const character of charactersOf(text)) {
    left -= widthOf(character);
    if (left < 0) break;
    end += character.length;
  }
  return `${text.slice(0, end)}…`;
}

export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)));
}

/** As people count them: an accent or a skin tone is part of the character before it. */
function charactersOf(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

function widthOf(character: string): number {
  if (INVISIBLE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
