import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAppName } from '../../src/contract.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const folder = mkdtempSync(join(tmpdir(), 'doskara-deploy-'));

/** A docker that shows that it was run. */
beforeAll(() => {
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho "docker $*" >&2\nexit 1\n', { mode: 0o755 });
  writeFileSync(join(folder, 'shop'), '');
});

afterAll(() => rmSync(folder, { recursive: true }));

async function ask(request: string | undefined, ...args: string[]): Promise<{ exitCode?: number; stdout: string }> {
  const env = { PATH: `${folder}:/usr/bin:/bin`, DOSKARA_DEPLOY_OPTIONS: folder };
  const asked = request === undefined ? {} : { SSH_ORIGINAL_COMMAND: request };
  const script = resolve('src/examples/deploy.sh');
  return execa(script, args, { env: { ...env, ...asked }, extendEnv: false, cwd: folder, reject: false });
}

test('the deploy script pulls the image that its registry, the app and the digest name', async () => {
  const { exitCode, stdout } = await ask(`shop ${DIGEST}`, 'w:5000');
  expect({ exitCode, stdout }).toEqual({
    exitCode: 1,
    stdout: expect.stringContaining(
      `docker pull --quiet w:5000/shop@${DIGEST}\nerror: cannot pull w:5000/shop@${DIGEST}`,
    ),
  });
});

describe('the deploy script runs nothing for', () => {
  test.each<[string, string | undefined, string]>([
    ['no request', undefined, 'expected the name of an app and a digest'],
    ['an app alone', 'shop', 'expected the name of an app and a digest'],
    ['more words', `shop ${DIGEST} --privileged`, 'expected the name of an app and a digest'],
    ['another command', `shop ${DIGEST}; id`, 'expected the name of an app and a digest'],
    ['a substitution', `$(id) ${DIGEST}`, 'that is not the name of an app'],
    ['a pattern', `* ${DIGEST}`, 'that is not the name of an app'],
    ['another folder', `../shop ${DIGEST}`, 'that is not the name of an app'],
    ['another registry', `evil.example/shop ${DIGEST}`, 'that is not the name of an app'],
    ['an option', `--privileged ${DIGEST}`, 'that is not the name of an app'],
    ['a tag', 'shop latest', 'that is not the digest of an image'],
    ['a short digest', `shop ${DIGEST.slice(0, -1)}`, 'that is not the digest of an image'],
    ['a digest with more behind it', `shop ${DIGEST}0`, 'that is not the digest of an image'],
    ['a digest of another kind', `shop ${DIGEST.replace('sha256', 'sha512')}`, 'that is not the digest of an image'],
    ['an app without options', `blog ${DIGEST}`, 'this machine does not run blog'],
  ])('%s', async (_, request, said) => {
    const { exitCode, stdout } = await ask(request, 'w:5000');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringMatching(`^error: ${said}`) });
  });
});

test('the deploy script says what to do for an app that was renamed, before it offers to run another container', async () => {
  const { stdout } = await ask(`site ${DIGEST}`, 'w:5000');
  expect(stdout.split('\n').slice(1)).toEqual([
    `hint: if it was renamed, as root: mv ${folder}/OLD ${folder}/site; docker rename doskara-OLD doskara-site`,
    `hint: to run it for the first time, as root, without a published port: touch ${folder}/site (doskara help after-build)`,
  ]);
});

test.each([
  'a',
  'a-b',
  'a.b_c-1',
  '1',
  'x'.repeat(63),
  '',
  'A',
  'a--b',
  'a.',
  '-a',
  'a.git',
  'ä',
  'a/b',
  'x'.repeat(64),
])('the deploy script takes %j for the name of an app if all of Doskara does', async (name) => {
  const { stdout } = await ask(`${name} ${DIGEST}`, 'w:5000');
  const refused = /expected|not the name/.test(stdout);
  expect(refused).toBe(!isAppName(name));
});
