import { describe, expect, it } from 'vitest';
import type { Job } from '../../machines/plan.ts';
import { report } from '../../machines/report.ts';

const RUN = { commit: 'abc1234', date: '2026-01-02' };
const JOB: Job = { release: 'bookworm', kind: 'user' };
const row = (text: string, machine: string) => text.split('\n').find((line) => line.startsWith(`| ${machine} `));

describe('the table of results', () => {
  const first = report(
    [
      { job: JOB, step: 'install', seconds: 61.4, why: undefined },
      { job: JOB, step: 'push', seconds: 7, why: 'the push was not built' },
    ],
    '',
    RUN,
  );

  it('has the seconds of each step, and says which failed and why, and which were not reached', () => {
    expect(row(first, 'bookworm with sudo')).toBe(
      '| bookworm with sudo |  | 61 | **failed** 7 | not reached | not reached | not reached | not reached | not reached |  | 2026-01-02 | abc1234 |',
    );
    expect(first).toContain('\n- bookworm with sudo: push: the push was not built\n');
  });

  it('keeps the rows of machines that were not tested this time, and replaces the others', () => {
    const noble: Job = { release: 'noble', kind: 'root' };
    const second = report([{ job: noble, step: 'install', seconds: 1, why: undefined }], first, RUN);
    expect(row(second, 'bookworm with sudo')).toBe(row(first, 'bookworm with sudo'));
    expect(second).toContain('- bookworm with sudo: push: the push was not built\n');
    const third = report([{ job: noble, step: 'install', seconds: 2, why: undefined }], second, RUN);
    expect(row(third, 'noble as root')).toContain('| noble as root |  | 2 |');
    expect(third.split('\n').filter((line) => line.startsWith('| noble'))).toHaveLength(1);
  });
});
