import { describe, expect, it } from 'vitest';
import { plan } from '../../machines/plan.ts';

describe('the requested machines', () => {
  it.each([
    [['bookworm'], ['bookworm/root', 'bookworm/user', 'bookworm/release']],
    [['trixie'], ['trixie/tests', 'trixie/root', 'trixie/user']],
    [['noble/user'], ['noble/user']],
    [
      ['bookworm', 'trixie'],
      ['trixie/tests', 'bookworm/root', 'trixie/root', 'bookworm/user', 'trixie/user', 'bookworm/release'],
    ],
  ])('%j → %j, slowest first', (args, machines) => {
    const jobs = plan(args);
    expect('wrong' in jobs ? jobs : jobs.map(({ release, kind }) => `${release}/${kind}`)).toEqual(machines);
  });

  it('are all machines if none is named', () => {
    expect(plan([])).toHaveLength(10);
  });

  it.each(['buster', 'bookworm/', 'bookworm/pusher', '', 'bookworm/toString'])('%j is not a machine', (word) => {
    expect(plan([word])).toEqual({ wrong: word });
  });
});
