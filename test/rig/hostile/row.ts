import type { Limits } from '../../../src/factory/archive/rules.ts';
import { app, gzip } from '../tar-writer.ts';

/** What is sent, the trouble it must end in, and what the trouble must name. */
export interface Hostile {
  title: string;
  sent: Buffer;
  code: string;
  says: string | RegExp;
  limits?: Limits;
}

export function row(title: string, sent: Buffer, code: string, says: string | RegExp, limits?: Limits): Hostile {
  return { title, sent, code, says, ...(limits === undefined ? {} : { limits }) };
}

/** An app that would pass, but for these entries. */
export function hostile(title: string, code: string, says: string | RegExp, ...entries: Buffer[]): Hostile {
  return row(title, gzip(app(...entries)), code, says);
}

export const long = (length: number) => 'n'.repeat(length);
