import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { openRunCheckFilter, type RunProblem, runThenCheck } from '../../../src/factory/image/run-check.ts';
import { runProblem } from '../../../src/factory/messages/run-check.ts';
import type { OutputLine } from '../../../src/lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-run-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a build with this run.sh ends with; `mode` 0: it has none. */
async function check(text: string, mode: number, selfRunning: boolean, build = ['true']) {
  const path = join(folder, 'run.sh');
  rmSync(path, { force: true });
  if (mode !== 0) writeFileSync(path, text);
  if (mode !== 0) chmodSync(path, mode);
  const args = ['-c', runThenCheck(selfRunning), 'build', ...build];
  const { exitCode, all } = await execa('sh', args, { cwd: folder, reject: false, all: true });
  const shown: string[] = [];
  const filter = openRunCheckFilter((line) => shown.push(line.text));
  for (const line of all.split('\n').filter(Boolean)) filter.output({ text: line, end: '\n' });
  return { exitCode, problem: filter.end(exitCode), shown };
}

describe('run.sh with a shebang', () => {
  test.each<[string, string, RunProblem | undefined]>([
    ['whose interpreter is there', '#!/bin/sh\nexec true\n', undefined],
    ['whose interpreter is there, with spaces and an option', '#! \t/bin/sh  -e\nexec true', undefined],
    ['whose interpreter is in the PATH', '#!/usr/bin/env sh\n', undefined],
    ['whose interpreter has an option by -S', '#!/usr/bin/env -S A=1 sh -e\n', undefined],
    ['with an option of env', '#!/usr/bin/env -i no-such-program\n', undefined],
    ['that is a program', '\x7fELF\0', undefined],
    ['of nothing', '#!\n', undefined],
    ['of a language with another syntax', '#!/bin/cat\nif (\n', undefined],
    ['that has a typo', '#!/usr/bin/bahs\n', { kind: 'no-interpreter', program: '/usr/bin/bahs' }],
    ['that is a pattern', '#!/*/sh\n', { kind: 'no-interpreter', program: '/*/sh' }],
    ['that is a folder', '#!/usr\n', { kind: 'no-interpreter', program: '/usr' }],
    ['of what no PATH has', '#!/usr/bin/env nodd\n', { kind: 'no-interpreter', program: 'nodd' }],
    ['with an option and no -S', '#!/usr/bin/env sh -e\n', { kind: 'no-interpreter', program: 'sh -e' }],
    ['of what no PATH has, by -S', '#!/usr/bin/env -S A=1 nodd -e\n', { kind: 'no-interpreter', program: 'nodd' }],
    ['with CRLF', '#!/bin/sh\r\ntrue\r\n', { kind: 'crlf' }],
  ])('%s', async (_, text, problem) => {
    expect(await check(text, 0o755, true)).toEqual({ exitCode: problem === undefined ? 0 : 93, problem, shown: [] });
  });

  test('that build.sh has made unexecutable', async () => {
    expect(await check('#!/bin/sh\n', 0o644, true)).toMatchObject({ problem: { kind: 'not-executable' } });
  });

  test.each(['sh', 'bash'])('with a syntax error that its %s finds', async (shell) => {
    expect(await check(`#!/usr/bin/env ${shell}\nfi\n`, 0o755, true)).toMatchObject({
      problem: { kind: 'syntax', output: expect.stringContaining('./run.sh: '), bySh: false },
    });
  });

  test('that sets extglob', async () => {
    expect((await check('#!/usr/bin/env bash\nshopt -s extglob\nls !(x)\n', 0o755, true)).exitCode).toBe(0);
  });
});

describe('run.sh without one', () => {
  test('is in order', async () => {
    expect((await check('exec node server.js\n', 0o644, false)).exitCode).toBe(0);
  });

  test('has a syntax error', async () => {
    expect(await check('true\nfi\n', 0o644, false)).toMatchObject({ problem: { kind: 'syntax', bySh: true } });
  });

  test('may be for bash where there is one', async () => {
    expect((await check('a=(1 2)\n[[ $a ]] && exec node server.js\n', 0o644, false)).exitCode).toBe(0);
  });

  test('is gone', async () => {
    expect(await check('', 0, false)).toMatchObject({ problem: { kind: 'gone' } });
  });
});

describe('the end of build.sh', () => {
  test.each([1, 7, 93, 127])('with %i is the end of the step, and run.sh is not looked at', async (status) => {
    const build = ['sh', '-c', `echo mine; exit ${status}`];
    expect(await check('fi\n', 0o644, false, build)).toEqual({
      exitCode: status,
      problem: undefined,
      shown: ['mine'],
    });
  });
});

describe('output that looks like a report', () => {
  const report: OutputLine = { text: 'doskara-run-check gone', end: '\n' };
  const filtered = (lines: OutputLine[], status: number | undefined) => {
    const shown: OutputLine[] = [];
    const filter = openRunCheckFilter((line) => shown.push(line));
    for (const line of lines) filter.output(line);
    return { problem: filter.end(status), shown };
  };
  const other: OutputLine = { text: 'more', end: '\n' };

  test.each<[string, OutputLine[], number | undefined]>([
    ['before other output', [report, other], 93],
    ['of a build that succeeds', [other, report], undefined],
    ['of a build that fails otherwise', [report], 1],
    ['with an unknown kind', [{ text: 'doskara-run-check what', end: '\n' }], 93],
  ])('is shown: %s', (_, lines, status) => {
    expect(filtered(lines, status)).toEqual({ problem: undefined, shown: lines });
  });
});

test.each<[RunProblem, string, string]>([
  [{ kind: 'gone' }, 'run.sh is not in the image: build.sh removed it', 'keep run.sh in /app, commit'],
  [{ kind: 'not-executable' }, 'run.sh is not executable in the image', 'chmod +x run.sh in build.sh'],
  [{ kind: 'crlf' }, 'run.sh has a CRLF line ending in line 1', "sed -i 's/\\r$//' run.sh"],
  [
    { kind: 'no-interpreter', program: '/usr/bin/bahs' },
    'run.sh needs /usr/bin/bahs, which is not in the image',
    'fix the shebang, or install it in build.sh',
  ],
  [
    { kind: 'no-interpreter', program: 'node --expose-gc' },
    'run.sh needs node --expose-gc, which is not in the image',
    '#!/usr/bin/env -S node --expose-gc',
  ],
  [
    { kind: 'syntax', output: './run.sh: 3: Syntax error: "fi" unexpected', bySh: false },
    'run.sh has a syntax error in line 3: "fi" unexpected',
    'fix it, commit',
  ],
  [
    { kind: 'syntax', output: "./run.sh: line 3: syntax error near unexpected token `('", bySh: true },
    "run.sh has a syntax error in line 3: near unexpected token `('",
    'add a shebang',
  ],
])('%j is the fault of the app', (problem, message, hint) => {
  const trouble = runProblem(problem);
  expect(trouble).toMatchObject({ exitCode: 1, message: expect.stringContaining(message) });
  expect(trouble.hint).toContain(hint);
});
