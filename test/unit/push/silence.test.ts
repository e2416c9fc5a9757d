import { describe, expect, test } from 'vitest';
import { unansweredIn } from '../../../src/port/ssh/tcp-retransmits.ts';
import { makeSilenceDetector } from '../../../src/push/detect-disconnect.ts';

/** Given samples of [seconds, count], the time of the first one at which the silence is too long. */
function firstTooLong(...looks: [number, number][]): number | undefined {
  const isTooLong = makeSilenceDetector();
  return looks.find(([seconds, count]) => isTooLong(count, seconds * 1000))?.[0];
}

describe('the hook gives up on a pusher', () => {
  test.each<[string, number | undefined, [number, number][]]>([
    [
      'after 45 s of more and more retransmissions',
      146,
      [
        [0, 0],
        [100, 0],
        [101, 1],
        [110, 5],
        [145, 7],
        [146, 7],
      ],
    ],
    [
      'not while answers arrive, however many are lost',
      undefined,
      [
        [0, 3],
        [44, 6],
        [46, 1],
        [90, 6],
        [92, 5],
      ],
    ],
    [
      'not when everything was answered in between',
      undefined,
      [
        [0, 2],
        [40, 0],
        [46, 3],
        [80, 4],
      ],
    ],
    [
      'not when nothing was waiting for an answer',
      undefined,
      [
        [0, 0],
        [1000, 0],
      ],
    ],
  ])('%s', (_, seconds, looks) => {
    expect(firstTooLong(...looks)).toBe(seconds);
  });
});

const HEADING = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (local: string, remote: string, repeated: string, probes: number) =>
  `   4: ${local} ${remote} 01 00000024:00000000 01:00000AB4 ${repeated}     0        ${probes} 4711 2 00000000 20 4 28 10 -1\n`;

describe("in the kernel's connection tables", () => {
  test.each<[string, string, number]>([
    ['its line counts', line('0100007F:0016', '0200007F:D431', '0000000B', 0), 11],
    ['probes count', line('0100007F:0016', '0200007F:D431', '00000000', 2), 2],
    ["the client's own end does not count", line('0200007F:D431', '0100007F:0016', '0000000B', 0), 0],
    ['another connection does not count', line('0100007F:0016', '0200007F:D432', '0000000B', 0), 0],
    [
      'IPv4 in IPv6 is found',
      line('0000000000000000FFFF00000100007F:0016', '0000000000000000FFFF00000200007F:D431', '00000003', 0),
      3,
    ],
    [
      'of two, the one that is answered counts',
      line('0100007F:0016', '0200007F:D431', '0000000B', 0) + line('0100007F:0016', '0300007F:D431', '00000000', 0),
      0,
    ],
    ['no connection counts nothing', '', 0],
  ])('%s', (_, lines, count) => {
    expect(unansweredIn(HEADING + lines, 22, 0xd431)).toBe(count);
  });
});
