import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { escaped } from '../printable.ts';

/** One line of a hook's standard input: `old new ref`; see githooks(5), post-receive. */
export interface RefUpdate {
  /** undefined: the ref is new. */
  old: string | undefined;
  /** undefined: the ref was deleted. */
  new: string | undefined;
  ref: string;
}

/** SHA-1 or SHA-256. Git lets U+2028 be in a ref, which `.` takes for a line's end without the flag. */
const LINE = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/.+)$/s;

export function parseRefUpdates(stdin: string): RefUpdate[] {
  return stdin.split('\n').filter(Boolean).map(parseLine);
}

function parseLine(line: string): RefUpdate {
  const [, before, after, ref] = LINE.exec(line) ?? [];
  if (before === undefined || after === undefined || ref === undefined)
    throw new Trouble('bad-ref-update', EXIT.usage, `${JSON.stringify(escaped(line))} is not a ref update`, {
      hint: 'this is a post-receive hook: git runs it, with "old new ref" lines on its standard input',
    });
  return { old: objectId(before), new: objectId(after), ref };
}

/** git writes zeros where there is no object. */
function objectId(text: string): string | undefined {
  return /^0+$/.test(text) ? undefined : text;
}
