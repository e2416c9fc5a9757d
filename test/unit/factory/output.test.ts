import { PassThrough, Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { makeOutput } from '../../../src/factory/output.ts';
import { formatEvent } from '../../../src/runner-events.ts';

const PUSHED = { event: 'pushed', image: 'w/a', digest: `sha256:${'0'.repeat(64)}`, bytes: 5 } as const;

test.each([
  [false, `${formatEvent(PUSHED)}\n`],
  [true, '-----> Pushed\n'],
])('the result is an event for programs, and a heading on a terminal (terminal: %s)', (isTTY, expected) => {
  const stream = Object.assign(new PassThrough(), { isTTY });
  makeOutput(stream).result(PUSHED, 'Pushed');
  expect(stream.read().toString()).toBe(expected);
});

/** A reader that has taken nothing until `read` is called, which returns what it was given since. */
function slowReader() {
  let text = '';
  let go = () => {};
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      go = done;
    },
  });
  const read = async () => {
    while (out.writableLength > 0) {
      go();
      await new Promise(setImmediate);
    }
    const given = text;
    text = '';
    return given;
  };
  return { out, read };
}

const LINE = 'x'.repeat(64 * 1024);

test('a build waits for a reader that is megabytes behind, and not for one that is less', async () => {
  const { out, read } = slowReader();
  const output = makeOutput(out);
  output.buildOutput(LINE);
  await output.keepUp();
  for (let i = 0; i < 100; i++) output.buildOutput(LINE);
  let waited = false;
  const waiting = output.keepUp().then(() => {
    waited = true;
  });
  await new Promise(setImmediate);
  expect(waited).toBe(false);
  await read();
  await waiting;
  expect(waited).toBe(true);
});

test('a lost reader is no longer waited for, and reads how many lines it has missed if it comes back', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const { out, read } = slowReader();
    const output = makeOutput(out);
    for (let i = 0; i < 100; i++) output.buildOutput(LINE);
    const waiting = output.keepUp();
    vi.setSystemTime(Date.now() + 60_000);
    await waiting;
    const before = out.writableLength;
    for (let i = 0; i < 100; i++) output.buildOutput(LINE);
    await output.keepUp();
    expect(out.writableLength).toBe(before);
    await read();
    output.buildOutput('back');
    expect(await read()).toBe(
      "warning: 100 lines of the build's output are missing here: nobody read it for a while\n       back\n",
    );
  } finally {
    vi.useRealTimers();
  }
});
