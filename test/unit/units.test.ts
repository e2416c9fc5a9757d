import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../src/units.ts';

describe('an amount of bytes', () => {
  test.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KB'],
    [1536, '1.5 KB'],
    [100 * 1024, '100 KB'],
    [1024 ** 2, '1.0 MB'],
    [97.4 * 1024 ** 2, '97.4 MB'],
    [353 * 1024 ** 2, '353 MB'],
    [4 * 1024 ** 3, '4.0 GB'],
    [5 * 1024 ** 4, '5.0 TB'],
    [5000 * 1024 ** 4, '5000 TB'],
  ])('%d is shown as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    ['0', 0],
    ['512', 512],
    ['1k', 1024],
    ['2G', 2 * 1024 ** 3],
    ['4m', 4 * 1024 ** 2],
    ['1T', 1024 ** 4],
  ])('%j is read as %d', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['', 'G', '-1', '1.5G', '2GB', '2 G', ' 2G', '2G\n', '1e9', '0x10', '1'.repeat(16), '2P'])(
    '%j is invalid',
    (text) => {
      expect(parseBytes(text)).toBeUndefined();
    },
  );
});

describe('a duration', () => {
  test.each([
    ['0s', 0],
    ['45s', 45],
    ['30m', 1800],
    ['2h', 7200],
  ])('%j is read as %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each(['', '30', 'm', '1.5h', '-1m', '30M', '30 m', '1h30m', '1d', '1'.repeat(10).concat('s')])(
    '%j is invalid',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test.each([
    [0, '0.0 s'],
    [400, '0.4 s'],
    [12_345, '12.3 s'],
    [59_900, '59.9 s'],
    [59_960, '1 min 0 s'],
    [60_000, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [125_000, '2 min 5 s'],
    [3_600_000, '60 min 0 s'],
  ])('of %d ms is shown as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
