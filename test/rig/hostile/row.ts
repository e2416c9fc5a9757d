import type { Limits } from '../../../src/factory/archive/rules.ts';
import { app, gzip } from '../tar-writer.ts';

/** What is sent, the Trouble it must end in, and what the Trouble must name. */
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

/** An app that would be accepted without these entries. */
export function hostile(title: string, code: string, says: string | RegExp, ...entries: Buffer[]): Hostile {
  return row(title, gzip(app(...entries)), code, says);
}

export const long = (length: number) => 'n'.repeat(length);
