import { forAdmin, formatHint, type Hint, type Trouble } from '../errors.ts';
import { LineSplitter, type OutputLine } from '../lines.ts';
import { parseEvent, type RunnerEvent } from '../runner-events.ts';
import type { BuildRecord } from './build-record.ts';
import type { Log } from './log.ts';
import * as messages from './messages/text.ts';
import type { Output } from './output.ts';

/** Passes output on: to the log first, then to the terminal. */
export interface Relay {
  line(text: string): void;
  heading(text: string): void;
  /** The log gets it as an admin reads it. */
  hint(hint: Hint): void;
  trouble(trouble: Trouble): void;
  /** Shows a line that the next one overwrites; it is not logged. */
  progress(text: string): void;
  /** Output of the factory, in chunks as they come. */
  factory(chunk: Buffer): void;
  /** The end of the factory's output. */
  factoryEnd(): void;
  /** Drops the factory's output for people from now on; its events still count. */
  muteFactory(): void;
  /** For a lost connection: the build may go on at the factory, and push. */
  assumePushing(): void;
  /** The image that the factory has pushed, if any. */
  readonly pushed: Extract<RunnerEvent, { event: 'pushed' }> | undefined;
  /** Whether the registry may have the image: the factory has begun to push it. */
  readonly pushing: boolean;
  /** The factory's reason for a failure. */
  readonly error: string | null;
  readonly errorCode: string | null;
}

/** `record`: of the build whose output it is; it may change meanwhile. */
export function makeRelay(
  record: Pick<BuildRecord, 'app' | 'commit' | 'ref' | 'tag'>,
  log: Log,
  output: Pick<Output, 'show' | 'typed'>,
  onEvent: (event: RunnerEvent) => void = () => {},
): Relay {
  const splitter = new LineSplitter();
  let pushed: Relay['pushed'];
  let pushing = false;
  let muted = false;
  let error: string | null = null;
  let errorCode: string | null = null;
  /** Of the factory: it comes again as a line for people. */
  let next: Hint | undefined;
  const add = (piece: OutputLine) => {
    log.add(piece);
    output.show(piece);
  };
  const line = (text: string) => add({ text, end: '\n' });
  const hint = (what: Hint) => {
    const filled = messages.filledIn(what, record);
    for (const text of messages.hintLines(formatHint(filled))) log.add({ text, end: '\n' });
    for (const text of messages.hintLines(output.typed(filled))) output.show({ text, end: '\n' });
  };
  const hear = (event: RunnerEvent) => {
    if (event.event === 'pushing') pushing = true;
    if (event.event === 'pushed') pushed = event;
    if (event.event === 'failed') [error, errorCode, next] = [event.message, event.code, hintOf(event)];
    onEvent(event);
  };
  const fromFactory = (piece: OutputLine) => {
    const event = parseEvent(piece.text);
    if (event !== undefined && event.event !== 'unknown') hear(event);
    if (event !== undefined || muted) return; // events are for programs
    if (next !== undefined && piece.text === messages.hint(formatHint(next))) hint(next);
    else add(piece);
  };
  return {
    line,
    heading: (text) => line(`-----> ${text}`),
    hint,
    trouble(trouble) {
      line(messages.error(trouble.message));
      if (trouble.hint !== undefined) hint(trouble.hint);
    },
    progress: (text) => output.show({ text: `       ${text}`, end: '\r' }),
    factory: (chunk) => splitter.split(chunk).forEach(fromFactory),
    factoryEnd: () => splitter.end().forEach(fromFactory),
    muteFactory() {
      muted = true;
    },
    assumePushing() {
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

/** undefined from a factory that does not know of pushers. */
function hintOf({ hint, pusherHint }: Extract<RunnerEvent, { event: 'failed' }>): Hint | undefined {
  return hint === null || pusherHint === null ? undefined : forAdmin(hint, pusherHint);
}
