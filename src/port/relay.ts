import { parseEvent, type RunnerEvent } from '../contract.ts';
import { LineSplitter, type OutputLine } from '../lines.ts';
import type { Log } from './log.ts';
import type { Output } from './output.ts';

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
  /** What the factory tells programs still counts from now on, what it says to people does not. */
  hushFactory(): void;
  /** The factory has been left, and may go on: it may push. */
  factoryLeft(): void;
  /** What the factory told to have pushed, if it has. */
  readonly pushed: Extract<RunnerEvent, { event: 'pushed' }> | undefined;
  /** Whether the warehouse may have the image: the factory has begun to push it. */
  readonly pushing: boolean;
  /** What the factory gave as the reason of a failure. */
  readonly error: string | null;
  readonly errorCode: string | null;
}

export function makeRelay(log: Log, output: Output, onEvent: (event: RunnerEvent) => void = () => {}): Relay {
  const splitter = new LineSplitter();
  let pushed: Relay['pushed'];
  let pushing = false;
  let hushed = false;
  let error: string | null = null;
  let errorCode: string | null = null;
  const add = (piece: OutputLine) => {
    log.add(piece);
    output.show(piece);
  };
  const fromFactory = (piece: OutputLine) => {
    const event = parseEvent(piece.text);
    if (event?.event === 'pushing') pushing = true;
    if (event?.event === 'pushed') pushed = event;
    if (event?.event === 'failed') [error, errorCode] = [event.message, event.code];
    if (event !== undefined && event.event !== 'unknown') onEvent(event);
    if (event !== undefined || hushed) return; // it is for programs
    add(piece);
  };
  const line = (text: string) => add({ text, end: '\n' });
  return {
    line,
    heading: (text) => line(`-----> ${text}`),
    progress: (text) => output.show({ text: `       ${text}`, end: '\r' }),
    factory: (chunk) => splitter.split(chunk).forEach(fromFactory),
    factoryEnd: () => splitter.end().forEach(fromFactory),
    hushFactory() {
      hushed = true;
    },
    factoryLeft() {
      pushing = true;
    },
    get pushed() {
      return pushed;
    },
    get pushing() {
      return pushing;
    },
    get error() {
      return error;
    },
    get errorCode() {
      return errorCode;
    },
  };
}
