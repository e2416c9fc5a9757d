import { execa } from 'execa';
import { expect, test } from 'vitest';
import { storedGzip } from '../../../src/port/stored-gzip.ts';

const bytes = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) % 251));

async function wrapUp(data: Buffer, sizes: number[]): Promise<Buffer> {
  async function* cut() {
    for (let start = 0, i = 0; start < data.length; start += sizes[i++ % sizes.length] ?? 1)
      yield data.subarray(start, start + (sizes[i % sizes.length] ?? 1));
  }
  return Buffer.concat(await Array.fromAsync(storedGzip(cut())));
}

test.each([0, 1, 65_530, 65_531, 65_532, 131_062, 1_000_000])('gzip unpacks what %i bytes became', async (length) => {
  const input = await wrapUp(bytes(length), [65_536]);
  const { stdout } = await execa('gzip', ['-dc'], { input, encoding: 'buffer' });
  expect(Buffer.from(stdout).equals(bytes(length))).toBe(true);
});

test('the same bytes come out however they came in', async () => {
  const data = bytes(300_000);
  const whole = await wrapUp(data, [data.length]);
  for (const sizes of [[1000], [65_536], [1, 99_999, 7], [65_531], [10_240]])
    expect((await wrapUp(data, sizes)).equals(whole), `in pieces of ${sizes}`).toBe(true);
});

test('what breaks off has no end that a reader would take for one', async () => {
  async function* breaking() {
    yield bytes(100_000);
    throw new Error('git died');
  }
  const written: Buffer[] = [];
  const reading = (async () => {
    for await (const chunk of storedGzip(breaking())) written.push(chunk);
  })();
  await expect(reading).rejects.toThrow('git died');
  const { failed, stderr } = await execa('gzip', ['-t'], { input: Buffer.concat(written), reject: false });
  expect([failed, stderr]).toEqual([true, expect.stringContaining('unexpected end of file')]);
});
