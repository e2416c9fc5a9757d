import { describe, expect, it } from 'vitest';
import { plan } from '../../machines/plan.ts';

describe('the machines that are asked for', () => {
  it.each([
    [['bookworm'], ['bookworm/root', 'bookworm/user', 'bookworm/release']],
    [['trixie'], ['trixie/tests', 'trixie/root', 'trixie/user']],
    [['noble/user'], ['noble/user']],
    [
      ['bookworm', 'trixie'],
      ['trixie/tests', 'bookworm/root', 'trixie/root', 'bookworm/user', 'trixie/user', 'bookworm/release'],
    ],
  ])('%j → %j, what takes longest first', (args, machines) => {
    const jobs = plan(args);
    expect('wrong' in jobs ? jobs : jobs.map(({ release, kind }) => `${release}/${kind}`)).toEqual(machines);
  });

  it('are all of them where none is named', () => {
    expect(plan([])).toHaveLength(10);
  });

  it.each(['buster', 'bookworm/', 'bookworm/pusher', '', 'bookworm/toString'])('%j is none', (word) => {
    expect(plan([word])).toEqual({ wrong: word });
  });
});
