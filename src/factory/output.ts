import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatHint, type Trouble } from '../errors.ts';
import type { OutputLine } from '../lines.ts';
import { printable } from '../printable.ts';
import { hintForPusher } from '../pusher-hint.ts';
import { formatEvent, type RunnerEvent } from '../runner-events.ts';
import { outputDropped } from './messages/build.ts';
import type { Redactor } from './redact.ts';

/** What the runner prints: headings at the start of the line, output that is not ours indented. */
export interface Output {
  heading(text: string): void;
  /**
   * Output of the app's own build: colours stay, other control sequences go, and it can't pass for a line of ours. A
   * state of a progress line ends with the carriage return that lets the next one overwrite it.
   */
  buildOutput(text: string, end?: OutputLine['end']): void;
  warning(text: string): void;
  raw(line: string): void;
  /** For programs; a person at a terminal does not see it. */
  event(event: RunnerEvent): void;
  /** The result: the event for programs, the heading for a person at a terminal. */
  result(event: RunnerEvent, text: string): void;
  /** First as an event, unless it isn't `forPrograms`. */
  trouble(trouble: Trouble, forPrograms?: boolean): void;
  /** Waits while the reader is far behind, unless it is lost: without that, all output would pile up in memory. */
  keepUp(): Promise<void>;
  /** Takes secrets out of all that is printed from now on. */
  hide(redactor: Redactor): void;
  /** Waits until everything is read, or the reader is lost. */
  drain(): Promise<void>;
}

/** If nothing is read for this long, the reader counts as lost: nobody tells us that a network was cut. */
const READER_TIMEOUT_MS = 20_000;

/** How far a reader may be behind. */
const MAX_BEHIND_BYTES = 4 * 1024 ** 2;

/** Of a message to programs, and of its hint: port must not split the line. */
const MAX_MESSAGE_CHARS = 4096;

/** The build goes on without a reader (EPIPE). */
export function makeOutput(out: Writable & { isTTY?: boolean }): Output {
  out.on('error', () => {});
  let redact = (text: string) => text;
  const write = (line: string) => {
    out.write(`${line}\n`);
  };
  const raw = (line: string) => write(redact(line));
  const event = (news: RunnerEvent) => {
    if (!out.isTTY) write(formatEvent(news)); // what of it may be a build's is redacted below
  };
  const heading = (text: string) => raw(`-----> ${text}`);
  /** Lines of the build that a lost reader did not get. */
  let dropped = 0;
  let lost = false;
  const shrinkTo = async (bytes: number) => {
    let since = Date.now();
    for (let left = Infinity; out.writableLength > bytes && Date.now() - since < READER_TIMEOUT_MS; await sleep(20)) {
      if (out.writableLength < left) since = Date.now();
      left = out.writableLength;
    }
    lost = out.writableLength > bytes;
  };
  return {
    raw,
    event,
    heading,
    result(news, text) {
      event(news);
      if (out.isTTY) heading(text);
    },
    buildOutput: (text, end = '\n') => {
      lost &&= out.writableLength > MAX_BEHIND_BYTES;
      if (lost) {
        dropped += 1;
        return;
      }
      if (dropped > 0) raw(`warning: ${outputDropped(dropped)}`);
      dropped = 0;
      if (text !== '' || end === '\n') out.write(`       ${redact(printable(text))}`.trimEnd() + end);
    },
    warning: (text) => raw(`warning: ${text}`),
    trouble({ code, message, hint }, forPrograms = true) {
      const text = redact(printable(message, false)); // docker's own last words may be in it
      const next = hint === undefined ? null : redact(formatHint(hint)).slice(0, MAX_MESSAGE_CHARS);
      const pusherHint =
        hint === undefined ? null : redact(hintForPusher(hint, 'ssh git@port')).slice(0, MAX_MESSAGE_CHARS);
      if (forPrograms)
        event({ event: 'failed', code, message: text.slice(0, MAX_MESSAGE_CHARS), hint: next, pusherHint });
      raw(`error: ${text}`);
      if (next !== null) raw(`hint: ${next}`);
    },
    async keepUp() {
      if (!lost) await shrinkTo(MAX_BEHIND_BYTES);
    },
    hide(redactor) {
      redact = redactor.redact;
    },
    drain: () => shrinkTo(0),
  };
}
