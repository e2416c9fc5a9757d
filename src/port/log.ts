import { closeSync, openSync, writeSync } from 'node:fs';
import type { Piece } from './lines.ts';

/** The log of one build: every line, with the time it came. */
export interface Log extends Disposable {
  add(piece: Piece): void;
}

/** Writes are synchronous: what a terminal has shown is in the log, whatever kills us next. */
export function openLog(file: string): Log {
  const fd = openSync(file, 'a', 0o600);
  return {
    add: ({ text }) => {
      writeSync(fd, `${new Date().toISOString()} ${text}\n`);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
