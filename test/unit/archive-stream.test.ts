import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/exit-codes.ts';
import { receiveArchive } from '../../src/factory/archive/receive.ts';
import { cancelled } from '../../src/factory/messages/build.ts';
import { LIMITS, receive, streamOf, troubleFrom } from '../rig/receive.ts';
import { app, file, gzip, SCRIPTS, symlink } from '../rig/tar-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-stream-'));
const spool = join(folder, 'app.tar');
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = gzip(app(file('a', 'n'.repeat(50_000))));
const BAD = gzip(app(file('../a')));

/** One buffer, then another one forever; counts the bytes read. */
function endless(first: Buffer, then: Buffer) {
  const taken = { bytes: 0 };
  const stream = Readable.from(
    (function* () {
      for (let chunk = first; ; chunk = then) {
        taken.bytes += chunk.length;
        yield chunk;
      }
    })(),
  );
  return { stream, taken };
}

describe('a spool', () => {
  test.each([
    ['at its end', GOOD],
    ['in the middle', gzip(app(file('a', Buffer.alloc(9 * 1024 ** 2))))],
  ])("that is full %s is the factory's fault", async (_, sent) => {
    const stream = streamOf(sent);
    const trouble = await troubleFrom(receiveArchive(stream, '/dev/full', LIMITS));
    expect(trouble).toMatchObject({ code: 'disk-full', exitCode: EXIT.factory });
    expect(stream.destroyed).toBe(true);
  });

  test.each([join(folder, 'missing/app.tar'), folder])("at %s is the factory's fault", async (path) => {
    const trouble = await troubleFrom(receiveArchive(streamOf(GOOD), path, LIMITS));
    expect(trouble).toMatchObject({ code: 'spool-unusable', exitCode: EXIT.factory });
  });

  test('that fails is named even if nothing has arrived', async () => {
    const trouble = await troubleFrom(receiveArchive(new PassThrough(), join(folder, 'missing/app.tar'), LIMITS));
    expect(trouble.code).toBe('spool-unusable');
  });
});

describe('a stream', () => {
  test.each([0, 1, 10, 200])('that breaks after %i bytes is refused', async (count) => {
    const failing = Readable.from(
      (async function* () {
        yield GOOD.subarray(0, count);
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      })(),
    );
    const trouble = await troubleFrom(receive(failing));
    expect(trouble).toMatchObject({ code: 'archive-broken-off', exitCode: EXIT.refused });
    expect(trouble.message).toContain('ECONNRESET');
  });

  test.each([false, true])('that closes before its end is refused (before the first byte: %s)', async (before) => {
    const stream = new PassThrough();
    if (!before) stream.write(GOOD.subarray(0, 100));
    const received = receiveArchive(stream, spool, LIMITS);
    setImmediate(() => stream.destroy());
    expect(await troubleFrom(received)).toMatchObject({ code: 'archive-broken-off', exitCode: EXIT.refused });
  });

  test('that is already closed is refused', async () => {
    const stream = new PassThrough();
    stream.destroy();
    expect(await troubleFrom(receive(stream))).toMatchObject({ exitCode: EXIT.refused });
  });

  test('that fails with a Trouble is refused with that Trouble', async () => {
    const stream = new PassThrough();
    const received = receiveArchive(stream, spool, LIMITS);
    setImmediate(() => stream.destroy(cancelled('app')));
    await expect(received).rejects.toMatchObject({ code: 'cancelled', exitCode: EXIT.cancelled });
  });

  test.each([
    ['accepted', GOOD],
    ['refused', BAD],
  ])('of an archive that is %s is closed afterwards, and later errors on it do no harm', async (_, sent) => {
    const stream = new PassThrough();
    stream.write(sent);
    if (sent === GOOD) stream.end();
    await receiveArchive(stream, spool, LIMITS).catch((trouble) =>
      expect(trouble).toMatchObject({ code: 'climbing-name' }),
    );
    expect(stream.destroyed).toBe(true);
    expect(stream.listenerCount('data')).toBe(0);
    expect(stream.emit('error', new Error('late'))).toBe(true);
  });
});

describe('a refused archive', () => {
  const more = gzip(Buffer.alloc(1024 ** 2));

  test.each([
    ['because of its first name', BAD, more],
    ['because it is not an archive', Buffer.from('text'.repeat(128)), more],
    ['because of its first name, uncompressed', app(file('../a')), Buffer.alloc(4096)],
    ['because of what follows its end, uncompressed', Buffer.concat([app(), Buffer.from('text')]), Buffer.alloc(4096)],
    ['because of what follows it', Buffer.concat([GOOD, Buffer.from('text')]), more],
    ['because of zeros that follow it', Buffer.concat([GOOD, Buffer.alloc(1)]), Buffer.alloc(9)],
  ])('%s is not read any further, though the sender has more', async (_, first, then) => {
    const { stream, taken } = endless(first, then);
    expect((await troubleFrom(receive(stream))).exitCode).toBe(EXIT.refused);
    expect(stream.destroyed).toBe(true);
    expect(taken.bytes).toBeLessThan(first.length + 1024 ** 2);
  });

  test('is refused before the sender has sent everything', async () => {
    const stream = new PassThrough();
    const zipped = createGzip();
    zipped.pipe(stream);
    zipped.write(Buffer.concat([SCRIPTS, symlink('a', '/'), file('a/b')]));
    zipped.flush();
    expect((await troubleFrom(receive(stream))).code).toBe('through-link');
    zipped.destroy();
  });

  test('does not stall a sender of endless zeros', async () => {
    const sender = spawn('sh', ['-c', 'head -c 5000000 /dev/zero | gzip -c; exec cat /dev/zero'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(sender, 'exit');
    expect((await troubleFrom(receive(sender.stdout))).exitCode).toBe(EXIT.refused);
    const [status, signal] = await ended;
    expect(signal ?? status).not.toBe(0);
  });

  test('leaves only its own file', () => {
    expect(readdirSync(folder)).toEqual(['app.tar']);
  });
});
