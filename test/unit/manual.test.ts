import { readdirSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/commands.ts';
import { EXIT_CODES } from '../../src/commands/man/command-page.ts';
import { parseMarkdown } from '../../src/commands/manual/markdown.ts';
import { listTopics, readPage } from '../../src/commands/manual/pages.ts';
import { showPage } from '../../src/commands/manual/show.ts';
import { formatHint } from '../../src/errors.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { FACTORY_SETTINGS } from '../../src/factory/settings.ts';
import type { Setting } from '../../src/port/setting-values.ts';
import { PORT_SETTINGS, shownDefault } from '../../src/port/settings.ts';
import { troubleOf } from './trouble.ts';

const MANUAL = 'src/manual';
const topics = listTopics(MANUAL).map(({ name }) => name);

/** Tables in pages that are generated from the code. */
const TABLES: Record<string, { page: string; head: string[]; rows: string[][] }> = {
  port: {
    page: 'settings',
    head: ['key', 'default', 'meaning'],
    rows: Object.entries<Setting>(PORT_SETTINGS).map(([name, setting]) => [
      `\`doskara.${name}\``,
      setting.default === undefined ? shownDefault(setting) || '–' : `\`${setting.default}\``,
      setting.means,
    ]),
  },
  factory: {
    page: 'settings',
    head: ['key', 'default', 'meaning'],
    rows: Object.values(FACTORY_SETTINGS).map(({ key, default: value, means }) => [
      `\`${key}\``,
      value === '' ? '–' : `\`${value}\``,
      means,
    ]),
  },
  'exit-codes': {
    page: 'exit-codes',
    head: ['code', 'meaning'],
    rows: Object.values(EXIT).map((code) => [`${code}`, EXIT_CODES[code]]),
  },
};

/** To update the tables: npm run test:unit -- -u */
test.each(Object.entries(TABLES))('the table %s matches the code', async (name, { page }) => {
  const file = `${MANUAL}/${page}.md`;
  const before = readFileSync(file, 'utf8');
  expect(before).toContain(`<!-- table: ${name} -->`);
  await expect(withTables(before, page)).toMatchFileSnapshot(`../../${file}`);
});

function withTables(text: string, page: string): string {
  return Object.entries(TABLES).reduce((all, [name, table]) => {
    const rows = [table.head, table.head.map(() => '---'), ...table.rows].map((cells) => `| ${cells.join(' | ')} |`);
    const start = `<!-- table: ${name} -->\n`;
    const [before = '', after = ''] = all.split(start);
    if (table.page !== page || after === '') return all;
    return `${before}${start}${rows.join('\n')}\n${after.slice(after.indexOf('<!-- /table -->'))}`;
  }, text);
}

describe.each(topics)('the page on %s', (topic) => {
  const page = readPage(MANUAL, topic);
  const shown = showPage(page, 80, false);

  test('begins with its name and its subject', () => {
    expect(page).toMatch(new RegExp(`^# ${topic}: [\\w.',-]+(?: [\\w.',-]+)+\n\n`));
  });

  test('is shown completely, without Markdown that terminals and man pages lack', () => {
    const text = page
      .replace(/^<!--.*-->\n/gm, '')
      .replace(/^```.*\n/gm, '')
      .replace(/^\|(?:-+\|)+$|^\|(?: -+ \|)+$/gm, '')
      .replace(/\]\([\w.-]+\)/g, ']');
    expect(wordsOf(shown.join('\n'))).toEqual(wordsOf(text));
    const prose = parseMarkdown(page).flatMap((block) => ('text' in block ? [block.text] : []));
    for (const each of prose)
      expect(each.replace(/`[^`]+`/g, '')).not.toMatch(/!\[|^>|^ {4}|<[a-z]+>.*<\/|~~|(?<![\w*])\*[^*]|__/);
  });

  test('fits an 80-column terminal, except for transcripts and commands to copy', () => {
    for (const line of shown.filter((each) => !each.startsWith('    '))) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('names only commands that exist', () => {
    const named = [...page.matchAll(/(?:`|^|\n)doskara ([a-z]+)/g)].map(([, name]) => name);
    for (const name of named) expect(COMMANDS.map((command) => command.name)).toContain(name);
  });

  test('links only to pages that exist', () => {
    for (const [, label, to] of page.matchAll(/\[(.*?)\]\(([^)]+)\)/g)) {
      expect(readdirSync(MANUAL)).toContain(to);
      expect(label).toBe(`\`doskara help ${to?.replace(/\.md$/, '')}\``);
    }
    for (const [, named] of page.matchAll(/doskara help ([a-z-]+)/g)) expect(topics).toContain(named);
  });
});

/** Sorted, since the cells of a table are side by side. */
const wordsOf = (text: string) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).sort();

describe('a page', () => {
  const PAGE = [
    '# x: about `it`\n\nSome **text** with `git push`, and a [`doskara help y`](y.md)\nin it.\n',
    '<!-- table: t -->\n| a | b |\n|---|---|\n| `one` | a \\| b |\n| 2 | of three words |\n<!-- /table -->\n',
    '- one\n- two,\n  which goes on\n1. first\n\n```sh\n$ echo "# no heading"\n\n| no | table |\n```\n\n## End\n',
  ].join('\n');

  test('is plain text in a pipe', () => {
    expect(showPage(PAGE, 24, false)).toEqual([
      'X: ABOUT `IT`',
      '',
      'Some text with `git',
      'push`, and a `doskara',
      'help y` in it.',
      '',
      'A      B',
      '`one`  a | b',
      '2      of three words',
      '',
      '- one',
      '- two, which goes on',
      '1. first',
      '',
      '    $ echo "# no heading"',
      '',
      '    | no | table |',
      '',
      'END',
    ]);
  });

  test('has bold code and headings on a terminal, and the same lines', () => {
    const lines = showPage(PAGE, 24, true);
    expect(lines[0]).toBe('\u001b[1mx: about `it`\u001b[22m');
    expect(lines[2]).toBe('Some \u001b[1mtext\u001b[22m with \u001b[1mgit\u001b[22m \u001b[1mpush\u001b[22m,');
    expect(lines.map(stripVTControlCharacters)).toContain('A    B');
  });

  test('wraps table cells that are too wide', () => {
    const table = '| key | meaning |\n|---|---|\n| `a` | many words that go on |\n| b | |\n';
    expect(showPage(table, 16, false)).toEqual(['KEY  MEANING', '`a`  many words', '     that go on', 'b']);
  });
});

test('for an unknown topic, the nearest is suggested', () => {
  const hint = (topic: string) => {
    const trouble = troubleOf(() => readPage(MANUAL, topic, ['logs', 'gate']));
    expect(trouble.exitCode).toBe(EXIT.usage);
    return formatHint(trouble.hint ?? '');
  };
  expect(hint('gaet')).toBe('did you mean gate? to list all topics: doskara help');
  expect(hint('lgos')).toBe('did you mean logs? to list all topics: doskara help');
  expect(hint('../../README')).toBe('to list all topics: doskara help');
});
