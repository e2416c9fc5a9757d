import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

test.each(['README.md', '.github/CONTRIBUTING.md'])('%s names only files and scripts that exist', (page) => {
  const text = readFileSync(page, 'utf8');
  const files = [...text.matchAll(/`((?:src|test|hooks)\/[\w./-]+)`/g)].map(([, file = '']) => file);
  const links = [...text.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, link = '']) => join(dirname(page), link));
  expect(links.length).toBeGreaterThan(1);
  expect([...files, ...links].filter((file) => !existsSync(file))).toEqual([]);
  const named = [...text.matchAll(/npm run ([\w:]+(?:\.\w+)*)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('the README is short', () => {
  expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(251);
});
