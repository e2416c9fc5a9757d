import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** What a function of ./install.sh prints. */
function printedBy(name: string, env: Record<string, string>): string {
  const [body = ''] = new RegExp(`^${name}\\(\\) \\{\\n.*?^\\}$`, 'ms').exec(readFileSync('install.sh', 'utf8')) ?? [];
  return execFileSync('sh', ['-eu', '-c', `${body}\n${name}`], {
    env: { PATH: '/usr/bin:/bin', ...env },
    encoding: 'utf8',
  });
}

test.each<[string, Record<string, string>, string]>([
  ['with sudo', { SUDO_USER: 'ann' }, 'sudo doskara'],
  ['as root', {}, 'doskara'],
])('an installer that was run %s ends with commands to type likewise', (_, env, doskara) => {
  const lines = printedBy('next_steps', env)
    .trim()
    .split('\n')
    .map((line) => line.trim());
  expect(lines.slice(1, 3)).toEqual([`${doskara} key add you ~/.ssh/id_ed25519.pub`, `${doskara} create myapp`]);
  expect(lines.at(-1)).toBe('git push doskara main');
});
