import { expect } from 'vitest';
import { formatHint, Trouble } from '../../src/errors.ts';

/** What a call throws; must be a Trouble with a hint. */
export function troubleOf(call: () => unknown): Trouble {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(Trouble);
    expect(formatHint((error as Trouble).hint ?? '')).toMatch(/\S/);
    return error as Trouble;
  }
  return expect.fail('it throws nothing');
}
