import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const OTHER_DOORS = /from '(?:node:child_process|execa)'/;

test.each(
  globSync(['src/port/**/*.ts', 'src/doctor/**/*.ts', 'src/*.ts']).filter(
    (file) => !['src/exec.ts', 'src/port/git/archive.ts'].includes(file),
  ),
)('%s starts other programs through exec.ts alone', (file) => {
  expect(readFileSync(file, 'utf8')).not.toMatch(OTHER_DOORS);
});
