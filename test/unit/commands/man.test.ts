import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { makeProgram } from '../../../src/commands/command-line.ts';
import { manPage } from '../../../src/commands/man.ts';
import { EXIT } from '../../../src/exit-codes.ts';

const doskara = makeProgram({ hook: '', gate: '', doskara: '', print: () => {} }, { exitCode: 0 });
const page = manPage(doskara);
const plain = page.join('\n').replaceAll('\\-', '-');

/** All commands that are not hidden, as people type them. */
function commandsOf(command: Command, path: string): [string, Command][] {
  const shown = command.createHelp().visibleCommands(command);
  return command.commands
    .filter((each) => shown.includes(each))
    .flatMap((each) => [[`${path} ${each.name()}`, each], ...commandsOf(each, `${path} ${each.name()}`)]);
}

const commands = commandsOf(doskara, 'doskara');

test('every command stands in the man page, with its description and options', () => {
  expect(commands.map(([path]) => path)).toContain('doskara key add');
  for (const [path, command] of commands.filter(([, each]) => each.commands.length === 0)) {
    const start = plain.search(new RegExp(`^\\.SS "${path}[ "]`, 'm'));
    expect(start, path).toBeGreaterThan(-1);
    const [own = ''] = plain.slice(start + 1).split(/^\.S[SH]/m);
    expect(own).toContain(command.description());
    for (const option of command.createHelp().visibleOptions(command)) {
      expect(own, path).toContain(`.B "${option.flags}"`);
      expect(own).toContain(option.description);
    }
  }
});

test('hidden commands do not', () => {
  expect(plain).not.toContain('doskara man');
});

test('every exit code and every setting of the README stands in it', () => {
  for (const code of Object.values(EXIT)) expect(plain).toContain(`.B "${code}"`);
  const settings = readFileSync('README.md', 'utf8').match(/^\| `doskara\.\w+`/gm) ?? [];
  expect(settings.length).toBeGreaterThan(7);
  for (const row of settings) expect(plain).toContain(`.B "${row.slice(3, -1)}"`);
});

test('it is ASCII, and no line of text is taken for a request', () => {
  expect(page.join('')).toMatch(/^[\x20-\x7e]+$/);
  for (const line of page.filter((each) => /^[.']/.test(each))) expect(line).toMatch(/^\.(?:TP$|(?:TH|SH|SS|B|BR) )/);
});

test('groff has nothing to complain of', async () => {
  const { stdout, stderr } = await execa('groff', ['-man', '-Tascii', '-ww'], { input: page.join('\n') });
  expect(stderr).toBe('');
  expect(stdout).toContain('destroy');
});
