import { expect, test } from 'vitest';
import { uploadProgress } from '../../../src/port/messages/connection.ts';

const MB = 1024 ** 2;

test.each<[string, [bytes: number, expected: number | undefined, milliseconds: number], string]>([
  ['of unknown size', [20 * MB, undefined, 2000], '20.0 MB so far, 10.0 MB/s'],
  [
    'half way',
    [20 * MB, 40 * MB, 2000],
    '[##########..........] 50 % of about 40.0 MB: 20.0 MB so far, 10.0 MB/s, 2.0 s left',
  ],
  [
    'larger than expected',
    [50 * MB, 40 * MB, 2000],
    '[####################] 99 % of about 40.0 MB: 50.0 MB so far, 25.0 MB/s, 0.0 s left',
  ],
  ['that has stalled', [0, 40 * MB, 1000], '0 B so far, 0 B/s'],
])('the progress of an upload %s is shown', (_, [bytes, expected, milliseconds], said) => {
  expect(uploadProgress(bytes, expected, milliseconds)).toEqual(said);
});
