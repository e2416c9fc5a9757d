import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { OutputLine } from '../lines.ts';
import { asTrouble } from './system-errors.ts';

/** The log of one build: every line with a timestamp. */
export interface Log extends Disposable {
  add(piece: OutputLine): void;
}

/**
 * Writes are synchronous, so that the log has everything that a terminal has shown, whatever kills this process. After
 * the first failed write it calls `onBroken` with the reason and writes nothing more.
 */
export function openLog(file: string, onBroken: (reason: unknown) => void): Log {
  let broken = false;
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return broken ? undefined : work();
    } catch (error) {
      broken = true;
      onBroken(asTrouble(error, file));
      return undefined;
    }
  };
  const fd = attempt(() => openSync(file, 'a', 0o600));
  return {
    add: ({ text }) => attempt(() => writeFileSync(fd ?? -1, `${new Date().toISOString()} ${text}\n`)),
    [Symbol.dispose]: () => {
      if (fd !== undefined) closeSync(fd);
    },
  };
}
