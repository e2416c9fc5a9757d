import { type PushedImage, parseImageSize, parsePushed } from '../contract.ts';
import { LineCutter, type Piece } from './lines.ts';
import type { Log } from './log.ts';
import type { Terminal } from './terminal.ts';

/** Output on its way: to the log first, from there to the terminal, never the other way round. */
export interface Relay {
  line(text: string): void;
  heading(text: string): void;
  /** A line that the next one overwrites; it is not logged. */
  progress(text: string): void;
  /** Output of the factory, in chunks as they come. */
  factory(chunk: Buffer): void;
  /** The end of the factory's output. */
  factoryEnd(): void;
  /** What the factory said to have pushed, if it has. */
  readonly pushed: PushedImage | undefined;
  /** The size of the image, if the factory told it. */
  readonly imageBytes: number | null;
  /** What the factory gave as the reason of a failure. */
  readonly error: string | null;
}

export function makeRelay(log: Log, terminal: Terminal): Relay {
  const cutter = new LineCutter();
  let pushed: PushedImage | undefined;
  let imageBytes: number | null = null;
  let error: string | null = null;
  const add = (piece: Piece) => {
    log.add(piece);
    terminal.show(piece);
  };
  const fromFactory = (piece: Piece) => {
    pushed = parsePushed(piece.text) ?? pushed;
    imageBytes = parseImageSize(piece.text) ?? imageBytes;
    error = /^error: (.*)$/.exec(piece.text)?.[1] ?? error;
    add(piece);
  };
  const line = (text: string) => add({ text, end: '\n' });
  return {
    line,
    heading: (text) => line(`-----> ${text}`),
    progress: (text) => terminal.show({ text: `       ${text}`, end: '\r' }),
    factory: (chunk) => cutter.cut(chunk).forEach(fromFactory),
    factoryEnd: () => cutter.end().forEach(fromFactory),
    get pushed() {
      return pushed;
    },
    get imageBytes() {
      return imageBytes;
    },
    get error() {
      return error;
    },
  };
}
