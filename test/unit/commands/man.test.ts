import type { Command } from 'commander';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { makeProgram } from '../../../src/commands/command-line.ts';
import { commandPage } from '../../../src/commands/man/command-page.ts';
import { topicPage } from '../../../src/commands/man/topic-page.ts';
import { listTopics, readPage } from '../../../src/commands/manual/pages.ts';
import { SSH_COMMANDS, usageOf } from '../../../src/commands/ssh/commands.ts';
import { EXIT } from '../../../src/exit-codes.ts';
import { FACTORY_SETTINGS } from '../../../src/factory/settings.ts';
import { PORT_SETTINGS } from '../../../src/port/settings.ts';

const doskara = makeProgram({ hook: '', gate: '', doskara: '', manual: 'src/manual' }, { exitCode: 0 });
const topics = listTopics('src/manual');
const page = commandPage(doskara, 'src/manual');
const plain = page.join('\n').replaceAll('\\-', '-');

/** All commands that are not hidden, as people type them. */
function commandsOf(command: Command, path: string): [string, Command][] {
  const shown = command.createHelp().visibleCommands(command);
  return command.commands
    .filter((each) => shown.includes(each))
    .flatMap((each) => [[`${path} ${each.name()}`, each], ...commandsOf(each, `${path} ${each.name()}`)]);
}

const commands = commandsOf(doskara, 'doskara');

test('every command is in the man page, with its description and options', () => {
  expect(commands.map(([path]) => path)).toContain('doskara key add');
  for (const [path, command] of commands.filter(([, each]) => each.commands.length === 0)) {
    const start = plain.search(new RegExp(`^\\.SS "${path}[ "]`, 'm'));
    expect(start, path).toBeGreaterThan(-1);
    const [own = ''] = plain.slice(start + 1).split(/^\.S[SH]/m);
    expect(own).toContain(command.description());
    for (const option of command
      .createHelp()
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')) {
      expect(own, path).toContain(`.B "${option.flags}"`);
      expect(own).toContain(option.description);
    }
  }
});

test('what all commands have in common is in the man page once', () => {
  expect(plain.match(/--help/g)).toHaveLength(1);
});

/** The lines below a heading. */
const sectionOf = (title: string) => plain.split(`\n.SH "${title}"\n`)[1]?.split('\n.SH ')[0] ?? '';

test.each([
  ['THE TWO SCRIPTS', ['build.sh', 'run.sh', 'DOSKARA_APP', 'DOSKARA_COMMIT', 'CACHE_DIR']],
  ['PUSH OPTIONS', ['git push -o detach', 'git push -o no-cache', 'git push -o skip']],
  ['COMMANDS OVER SSH', SSH_COMMANDS.map(usageOf)],
  ['SETTINGS OF THE FACTORY', Object.values(FACTORY_SETTINGS).map(({ key }) => key)],
  [
    'AFTERBUILD',
    ['DOSKARA_APP, DOSKARA_NUMBER', 'DOSKARA_OUTCOME', 'DOSKARA_IMAGE, DOSKARA_DIGEST, DOSKARA_IMAGE_BYTES'],
  ],
  ['EXAMPLES', ['doskara rollback shop 12']],
])('the man page has a section %s, with an item for each', (title, terms) => {
  for (const term of terms) expect(sectionOf(title)).toContain(`.B "${term}"`);
});

test('the notes of a command are in the man page, as in its --help', () => {
  expect(plain).toContain('\nExit code: 0 without errors');
});

test('a topic refers to the topics that its text names', () => {
  expect(topicPage(readPage('src/manual', 'ci')).slice(-4)).toEqual([
    '.BR doskara (1),',
    '.BR doskara\\-gate (7),',
    '.BR doskara\\-exit\\-codes (7),',
    '.BR doskara\\-records (7)',
  ]);
});

test('hidden commands are not in the man page', () => {
  expect(plain).not.toContain('doskara man');
});

test('every exit code, setting and topic is in the man page', () => {
  for (const code of Object.values(EXIT)) expect(plain).toContain(`.B "${code}"`);
  for (const name of Object.keys(PORT_SETTINGS)) expect(plain).toContain(`.B "doskara.${name}"`);
  expect(topics.length).toBeGreaterThan(10);
  for (const { name } of topics) expect(plain).toContain(`.BR doskara-${name} (7)`);
});

const pages = [
  ['doskara(1)', page] as const,
  ...topics.map(({ name }) => [`doskara-${name}(7)`, topicPage(readPage('src/manual', name))] as const),
];

describe.each(pages)('%s', (_, lines) => {
  test('is ASCII, and no line of text can be read as a request', () => {
    expect(lines.join('')).toMatch(/^[\x20-\x7e]+$/);
    for (const line of lines.filter((each) => /^[.']/.test(each)))
      expect(line).toMatch(/^\.(?:(?:TP|PP|br|nf|fi|nh|ad l|RE|RS 4)$|(?:TH|SH|SS|B|BR|IP) )/);
  });

  test('passes groff, if installed, without a warning', async () => {
    const options = { input: lines.join('\n'), reject: false };
    const { failed, code, stdout, stderr } = await execa('groff', ['-man', '-Tutf8', '-ww', '-P-cbou'], options);
    if (failed) return expect(code).toBe('ENOENT');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^SEE ALSO$/m);
  });
});
