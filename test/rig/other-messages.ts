import { cpSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { execa } from 'execa';

/** The modules with texts for people. */
const MESSAGES = [
  ...readdirSync('src/factory/messages').map((file) => `src/factory/messages/${file}`),
  ...readdirSync('src/port/messages').map((file) => `src/port/messages/${file}`),
];
/** These format texts, and have none of their own. */
const COMPOSERS = [
  'short',
  'branchOf',
  'some',
  'firstLine',
  'error',
  'hint',
  'hintLines',
  'warning',
  'indented',
  'troubleLines',
  'bugLines',
];

/** Replaces each text with a number; keeps the prefixes that git colors (`error:` …), codes, exit codes and hints. */
const SCRAMBLE = `
import { Trouble } from '@@/errors.ts';
let count = 0;
const text = (said: string) => (/^ *(?:error|warning|hint|success): /.exec(said)?.[0] ?? '') + 'words ' + ++count;
export function scramble(value: any): any {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'function') return (...args: any[]) => scramble(value(...args));
  if (value instanceof Trouble)
    return new Trouble(value.code, value.exitCode, text(value.message), { hint: value.hint, cause: value.cause });
  if (value?.subject !== undefined && value.text !== undefined) return { ...value, text: text(value.text) };
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value.map(text) : value;
}
`;

/** Builds this checkout with other texts in all its messages; returns the directory of the bundles. */
export async function buildWithOtherWords(folder: string): Promise<string> {
  for (const part of ['src', 'hooks', 'package.json', 'tsconfig.json'])
    cpSync(part, join(folder, part), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'src/scramble.ts'), SCRAMBLE.replace('@@', '.'));
  for (const file of MESSAGES) replaceWords(folder, file);
  await execa(process.execPath, ['src/packaging/bundle.ts'], { cwd: folder });
  return join(folder, 'dist');
}

function replaceWords(folder: string, file: string): void {
  const source = readFileSync(join(folder, file), 'utf8');
  const own = file.replace(/\.ts$/, '-own.ts');
  renameSync(join(folder, file), join(folder, own));
  const names = [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name = '']) => name);
  const lines = names.map((name) =>
    COMPOSERS.includes(name)
      ? `export { ${name} } from './${basename(own)}';`
      : `export const ${name} = scramble(own.${name});`,
  );
  const imports = [
    `import { scramble } from '${relative(dirname(file), 'src/scramble.ts')}';`,
    `import * as own from './${basename(own)}';`,
  ];
  writeFileSync(join(folder, file), [...imports, ...lines, ''].join('\n'));
}
