import { parseEvent, type RunnerEvent } from '../contract.ts';
import { LineSplitter, type OutputLine } from '../lines.ts';
import type { Log } from './log.ts';
import type { Output } from './output.ts';

/** Passes output on: to the log first, then to the terminal. */
export interface Relay {
  line(text: string): void;
  heading(text: string): void;
  /** Shows a line that the next one overwrites; it is not logged. */
  progress(text: string): void;
  /** Output of the factory, in chunks as they come. */
  factory(chunk: Buffer): void;
  /** The end of the factory's output. */
  factoryEnd(): void;
  /** From now on the factory's events still count, but its output for people is dropped. */
  hushFactory(): void;
  /** The connection to the factory is lost while the build may go on there, and may push. */
  factoryLeft(): void;
  /** The image that the factory has pushed, if any. */
  readonly pushed: Extract<RunnerEvent, { event: 'pushed' }> | undefined;
  /** Whether the registry may have the image: the factory has begun to push it. */
  readonly pushing: boolean;
  /** The factory's reason for a failure. */
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
    if (event !== undefined || hushed) return; // events are for programs
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
