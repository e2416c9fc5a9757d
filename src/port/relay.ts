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
  /** Keeps the factory's lines until it is known whether anybody has to read them. */
  hold(): HeldLines;
  /** For a lost connection: the build may go on at the factory, and push. */
  assumePushing(): void;
  /** The image that the factory has pushed, if any. */
  readonly pushed: Extract<RunnerEvent, { event: 'pushed' }> | undefined;
  /** How the image compares that was built to be compared, if any. */
  readonly verified: Extract<RunnerEvent, { event: 'verified' }> | undefined;
  /** Whether the registry may have the image: the factory has begun to push it. */
  readonly pushing: boolean;
  /** The factory's reason for a failure. */
  readonly error: string | null;
  readonly errorCode: string | null;
}

/** Shows them when disposed of. */
export interface HeldLines extends Disposable {
  /** Forgets them, and the factory's failure. */
  drop(): void;
}

/** `record`: of the build whose output it is; it may change meanwhile. */
export function makeRelay(
  record: Pick<BuildRecord, 'app' | 'commit' | 'ref' | 'tag'>,
  log: Pick<Log, 'add'>,
  output: Pick<Output, 'show' | 'typed'>,
  onEvent: (event: RunnerEvent) => void = () => {},
): Relay {
  const splitter = new LineSplitter();
  let pushed: Relay['pushed'];
  let verified: Relay['verified'];
  let pushing = false;
  let muted = false;
  const holder = makeHolder();
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
    if (event.event === 'verified') verified = event;
    if (event.event === 'failed') [error, errorCode, next] = [event.message, event.code, hintOf(event)];
    onEvent(event);
  };
  const fromFactory = (piece: OutputLine) => {
    const event = parseEvent(piece.text);
    if (event !== undefined && event.event !== 'unknown') hear(event);
    if (event !== undefined || muted) return; // events are for programs
    const reason = next;
    const isHint = reason !== undefined && piece.text === messages.hint(formatHint(reason));
    holder.tell(isHint ? () => hint(reason) : () => add(piece));
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
    hold: () =>
      holder.hold(() => {
        [error, errorCode, next] = [null, null, undefined];
      }),
    assumePushing() {
      pushing = true;
    },
    get pushed() {
      return pushed;
    },
    get verified() {
      return verified;
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

/** Tells at once, or, while it holds things back, later. */
function makeHolder() {
  let held: (() => void)[] | undefined;
  const release = () => {
    const kept = held ?? [];
    held = undefined;
    return kept;
  };
  return {
    tell(what: () => void) {
      if (held === undefined) what();
      else held.push(what);
    },
    hold(onDrop: () => void): HeldLines {
      held = [];
      return {
        [Symbol.dispose]() {
          for (const tell of release()) tell();
        },
        drop() {
          release();
          onDrop();
        },
      };
    },
  };
}

/** undefined from a factory that does not know of pushers. */
function hintOf({ hint, pusherHint }: Extract<RunnerEvent, { event: 'failed' }>): Hint | undefined {
  return hint === null || pusherHint === null ? undefined : forAdmin(hint, pusherHint);
}
