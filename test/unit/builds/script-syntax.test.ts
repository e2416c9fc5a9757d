import { describe, expect, test } from 'vitest';
import { checkSyntax, shellOf } from '../../../src/builds/preflight/script-syntax.ts';
import { Trouble } from '../../../src/errors.ts';
import { EXIT } from '../../../src/exit-codes.ts';

test.each([
  ['without a shebang', 'echo\n', true, 'sh'],
  ['that is not executable', '#!/usr/bin/python3\n', false, 'sh'],
  ['of sh', '#!/bin/sh -e\n', true, 'sh'],
  ['of dash', '#! /usr/bin/dash\n', true, 'sh'],
  ['of bash', '#!/bin/bash\n', true, 'bash'],
  ['of bash in the PATH', '#!/usr/bin/env bash\n', true, 'bash'],
  ['of bash with options', '#!/usr/bin/env -S A=1 bash -x\n', true, 'bash'],
  ['of node', '#!/usr/bin/env node\n', true, undefined],
  ['of Python', '#!/usr/bin/python3', true, undefined],
  ['with a shebang of nothing', '#!\n', true, undefined],
  ['that is a program', '\x7fELF\0\0', true, undefined],
])('a script %s is run by the right shell', (_, text, executable, shell) => {
  expect(shellOf({ text, executable })).toBe(shell);
});

const check = (text: string, executable = false, signal = new AbortController().signal) =>
  checkSyntax([{ name: 'run.sh', text, executable }], signal).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a script', () => {
  test.each([
    [
      'with a block that does not end',
      'if true; then\n  echo\n',
      false,
      'in line 3: end of file unexpected (expecting "fi")',
    ],
    ['with a word too many', '# a server\nnode (server)\n', false, 'in line 2: '],
    ['of bash', '#!/bin/bash\na=(1 2)\necho ${a[@]}\nfi\n', true, "in line 4: near unexpected token `fi'"],
  ])('%s is refused with line and reason', async (_, text, executable, reason) => {
    const trouble = (await check(text, executable)) as Trouble;
    expect(trouble).toBeInstanceOf(Trouble);
    expect(trouble).toMatchObject({ code: 'syntax-error', exitCode: EXIT.refused });
    expect(trouble.message).toMatch(/^run\.sh has a syntax error in line /);
    expect(trouble.message).toContain(reason);
    expect(trouble.message).toMatch(/; nothing was sent$/);
  });

  test('for another program that lacks the executable bit is refused, and told of the bit', async () => {
    expect(await check('#!/usr/bin/env node\nimport { x } from "y";\nx(() => {});\n')).toMatchObject({
      code: 'syntax-error',
      hint: expect.stringContaining(
        'it is not executable, so sh runs it, not node: git update-index --chmod=+x run.sh',
      ),
    });
  });

  test.each([
    ['with CRLF', '#!/bin/sh\r\necho\r\n', true, '#!/bin/sh'],
    ['with CRLF and an option', '#!/usr/bin/env node\r\n', false, '#!/usr/bin/env node'],
    ['with a single line', '#!/bin/bash\r', true, '#!/bin/bash'],
  ])('%s in its shebang is refused', async (_, text, executable, shebang) => {
    expect(await check(text, executable)).toMatchObject({
      code: 'crlf-shebang',
      exitCode: EXIT.refused,
      message: `run.sh has a CRLF line ending in line 1, ${shebang}: no such interpreter; nothing was sent`,
    });
  });

  test.each([
    ['is empty', '', false],
    ['is in order', 'set -e\nexec node server.js', false],
    ['has what only bash knows, where the image may have bash as sh', 'a=(1 2)\n', false],
    ['sets extglob', '#!/bin/bash\nshopt -s extglob\nls !(x)\n', true],
    ['has a here-document without an end', 'cat <<EOF\n', false],
    ['is of another language', '#!/usr/bin/env node\nif (\n', true],
    ['carries a program behind it', 'exit 0\n\0(((\n', false],
    ['has CRLF where no shebang is', 'echo\r\n', false],
  ])('that %s is not', async (_, text, executable) => {
    expect(await check(text, executable)).toBeUndefined();
  });

  test.each(['sh', 'bash'])('is not executed, whatever it and the environment say: %s', async (shell) => {
    process.env['BASH_ENV'] = '/dev/stdin';
    process.env['ENV'] = '/dev/stdin';
    const started = performance.now();
    expect(await check(`#!/bin/${shell}\nset +n\nsleep 60\n: $(sleep 60)\n`, true)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(50_000);
    delete process.env['BASH_ENV'];
    delete process.env['ENV'];
  });

  test('is not looked at once the preflight is over', async () => {
    const reason = new Error('over');
    expect(await check('fi\n', false, AbortSignal.abort(reason))).toBe(reason);
  });

  test('that a shell takes long to read is given up when the preflight is over', async () => {
    const over = new AbortController();
    const checked = check(`#!/bin/bash\n${'$('.repeat(500_000)}`, true, over.signal);
    const reason = new Error('over');
    setTimeout(() => over.abort(reason), 50);
    expect(await checked).toBe(reason);
  });

  test('nested beyond reason overstrains no shell, and is not refused', async () => {
    expect(await check(`#!/bin/bash\n${'$('.repeat(500_000)}`, true)).toBeUndefined();
  });
});
