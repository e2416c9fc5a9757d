import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const DOSKARA = resolve('dist/doskara');

test('a key has at most 20 commands that last, and can still cancel a build', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'doskara-sessions-'));
  const root = join(folder.path, 'root');
  mkdirSync(root);
  writeFileSync(join(folder.path, '.gitconfig'), `[doskara]\n  root = ${root}\n`);
  await execa('git', ['init', '-q', '--bare', join(root, 'shop.git')]);
  const serve = async (key: string, asked: string) => {
    const env = { HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1', SSH_ORIGINAL_COMMAND: asked };
    return (await execa(DOSKARA, ['serve', key], { env, all: true, reject: false, input: '' })).all;
  };

  // each looks like a session
  const words = ['-c', 'echo; read _', `${DOSKARA}.mjs`, 'serve', 'alice'];
  const sessions = Array.from({ length: 20 }, () => spawn('sh', words, { stdio: ['pipe', 'pipe', 'ignore'] }));
  try {
    await Promise.all(sessions.map(({ stdout }) => once(stdout, 'data')));
    expect(await serve('alice', 'logs shop -f')).toBe(
      'error: the key of alice already runs 20 commands on port\nhint: end some of them, then try again',
    );
    expect(await serve('alice', 'cancel shop')).toContain('no build of shop is running');
    expect(await serve('bob', 'logs shop -f')).toContain('shop has no builds');
  } finally {
    for (const { stdin } of sessions) stdin.end('\n');
  }
  await Promise.all(sessions.map((session) => session.exitCode ?? once(session, 'exit')));
  expect(await serve('alice', 'logs shop -f')).toContain('shop has no builds');
});
