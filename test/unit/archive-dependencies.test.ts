import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/exit-codes.ts';
import { receive, streamOf, troubleFrom } from '../rig/receive.ts';
import { app, file, folder, hardlink, octal, pax, symlink, utf8 } from '../rig/tar-writer.ts';

const EXECUTABLE = { mode: octal(0o755, 7) };
const LONG = utf8(`${'ж'.repeat(60)}/x.json`);

/** Names of the entries that deps.sh sees. */
async function seen(...entries: Buffer[]) {
  const { dependencies, rewritten, selfRunning } = await receive(streamOf(app(...entries)));
  const names: string[] = [];
  for (let i = 0; i < (dependencies?.entries.length ?? 0); i += 3) {
    const [start = 0, headers = 0] = dependencies?.entries.slice(i) ?? [];
    const header = rewritten.subarray(start, start + headers);
    names.push(header.includes('long-name') ? 'long' : header.toString('latin1', 0, header.indexOf(0)).slice(2));
  }
  return { names, bytes: dependencies?.bytes, runsItself: selfRunning.has('deps.sh') };
}

describe('deps.sh sees', () => {
  test('nothing, if it is not there', async () => {
    expect((await receive(streamOf(app(file('package.json'))))).dependencies).toBeUndefined();
  });

  test('itself and the files that it names, with their folders, in the order of the archive', async () => {
    const script = file('deps.sh', '#!/bin/sh\n# needs: package.json lib **/go.mod\n', EXECUTABLE);
    const files = [
      ...[file('package.json', '{}'), file('package.json5'), folder('a/'), folder('a/b/'), file('a/b/go.mod')],
      ...[file('a/c'), folder('lib/'), file('lib/x'), symlink('lib/y', '/etc'), folder('other/')],
    ];
    expect(await seen(script, ...files)).toEqual({
      names: ['deps.sh', 'package.json', 'a/', 'a/b/', 'a/b/go.mod', 'lib/', 'lib/x', 'lib/y'],
      bytes: 8 * 512 + 2 * 512,
      runsItself: true,
    });
  });

  test('what it is a link to, and what its files are hard links to', async () => {
    const entries = [
      ...[file('z', 'z'), hardlink('y', 'z'), hardlink('x', 'y'), folder('bin/')],
      ...[file('bin/deps', '# needs: x\n'), symlink('deps.sh', 'bin/deps')],
    ];
    expect((await seen(...entries)).names).toEqual(['z', 'y', 'x', 'bin/', 'bin/deps', 'deps.sh']);
  });

  test('names that are not ASCII', async () => {
    const script = file('deps.sh', `# needs: ${utf8('ж')}* ${utf8('é')}\n`);
    expect((await seen(script, pax({ path: LONG }), file('x'), pax({ path: utf8('é') }), file('x'))).names).toEqual([
      ...['deps.sh', 'long', 'long'],
    ]);
  });
});

test.each([
  ['a file that is missing', '# needs: gone\n', 'need-missing', 'deps.sh needs "gone"'],
  ['an empty folder', '# needs: empty\n', 'need-missing', 'deps.sh needs "empty"'],
  ['a path outside', '# needs: ../x\n', 'wrong-need', 'is not a plain relative path'],
  ['too much', `# needs: ${Array.from({ length: 51 }, (_, i) => i).join(' ')}\n`, 'too-many-needs', 'more than 50'],
])('an archive whose deps.sh needs %s is refused', async (_, script, code, message) => {
  const trouble = await troubleFrom(receive(streamOf(app(file('deps.sh', script), folder('empty/')))));
  expect(trouble).toMatchObject({ code, exitCode: EXIT.refused, message: expect.stringContaining(message) });
});

test('deps.sh is a regular file, or a link to one', async () => {
  const trouble = await troubleFrom(receive(streamOf(app(symlink('deps.sh', '/bin/sh')))));
  expect(trouble).toMatchObject({ code: 'script-not-regular', exitCode: EXIT.refused });
});
