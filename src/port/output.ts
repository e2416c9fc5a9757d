import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatHint, type Hint } from '../errors.ts';
import type { OutputLine } from '../lines.ts';

/** The terminal of a pusher or admin. It may be slow, stopped or disconnected: nothing else waits for it. */
export interface Output {
  show(piece: OutputLine): void;
  /** Shows a line that no log has, unless the reader is behind. */
  aside(text: string): void;
  /** A hint with its commands as its reader types them. */
  typed(hint: Hint): string;
  /** Waits until everything has been read, or until the reader has stopped reading. Never rejects. */
  drain(): Promise<void>;
  /** Whether the reader has closed its end, or stopped reading during a drain. */
  readonly lost: boolean;
}

/** With more than that unread, lines are left out. */
const MAX_BUFFERED_BYTES = 256 * 1024;
/** A terminal that reads nothing for that long is lost. */
const LOST_AFTER_MS = 3000;

/**
 * A hook that prints to a disconnected pusher blocks forever once the pipe is full, because git-receive-pack keeps its
 * other end open. So lines that the terminal does not take are left out, and a notice says so. `format` prepares a line
 * for the terminal.
 */
export function makeOutput(
  out: Writable,
  format: (line: string) => string,
  typed: Output['typed'] = formatHint,
): Output {
  let leftOut = 0;
  let last = '';
  let gone = false;
  out.on('error', () => {
    gone = true;
  });
  const isBehind = () => gone || out.writableLength > MAX_BUFFERED_BYTES;
  const write = ({ text, end }: OutputLine) => {
    if (leftOut > 0) out.write(tooSlow(leftOut));
    leftOut = 0;
    out.write(format(text) + end);
  };
  const show = (piece: OutputLine) => {
    if (!isBehind()) return write(piece);
    if (piece.end === '\r') return;
    leftOut += 1;
    last = piece.text;
  };
  const drain = async () => {
    if (!gone && !(await isRead(out))) gone = true;
  };
  return {
    show,
    aside(text) {
      if (!isBehind()) write({ text, end: '\n' });
    },
    typed,
    async drain() {
      await drain();
      if (gone || leftOut === 0) return;
      leftOut -= 1; // the last line is the result
      show({ text: last, end: '\n' });
      await drain();
    },
    get lost() {
      return gone;
    },
  };
}

function tooSlow(lines: number): string {
  return `       (${lines} ${lines === 1 ? 'line' : 'lines'} left out here: this terminal was too slow; the log has them, up to doskara.maxLog)\n`;
}

/** Resolves to true once everything has been read, to false once the reader has stopped reading. */
async function isRead(out: Writable): Promise<boolean> {
  const read = new AbortController();
  if (out.writableLength > 0) out.write('', () => read.abort()); // 'drain' comes only after a full buffer
  while (out.writableLength > 0) {
    const before = out.writableLength;
    await sleep(LOST_AFTER_MS, undefined, { signal: read.signal }).catch(() => {});
    if (out.writableLength === before) return false;
  }
  return true;
}
