import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();
const folder = mkdtempSync(join(tmpdir(), 'doskara-names-'));
const canary = join(folder, 'canary');
const SUBJECT = 'red \x1b[31malert\x1b[2J \u202etxt.exe\u202c \x07bell\rerror: faked\u2028error: faked';
/** Characters that move the cursor, reorder text or start a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const DANGEROUS = /[\x07\r\u202e\u2028]|\x1b\[2J|^error: faked/m;
let app: Clone;

afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  const touch = `#!/bin/sh\ntouch ${canary}\n`;
  app = await use.platform.app('names', {
    'build.sh': 'cat subst; ls -a',
    'run.sh': '',
    subst: 'signed $Format:%G?$ by [$Format:%GS$]\n',
    '.gitattributes': 'subst export-subst\n* filter=evil diff=evil\n[attr]evil filter=evil\n',
    '.gitconfig': `[core]\n\tfsmonitor = touch ${canary}\n`,
    'hooks/post-receive': touch,
    'hooks/post-update': touch,
    '.githooks/update': touch,
    'doskara/builds/1.json': '{}',
    config: `[core]\n\tfsmonitor = touch ${canary}\n`,
    HEAD: 'ref: refs/heads/evil\n',
  });
});

/** Replaces the head with a commit of the same tree, with the given headers and message. */
async function commitRaw(headers: string, message: string): Promise<string> {
  const tree = (await app.git('rev-parse', 'HEAD^{tree}')).stdout;
  const who = 'Eve <eve@example.org> 1700000000 +0000';
  const { stdout } = await execa('git', ['-C', app.folder, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
    input: `tree ${tree}\nauthor ${who}\ncommitter ${who}\n${headers}\n${message}\n`,
  });
  await app.git('reset', '--quiet', '--soft', stdout);
  return stdout;
}

describe('a commit with control characters in its subject', () => {
  test('is shown escaped to its pusher, in the log and to the admin', async () => {
    await commitRaw('', SUBJECT);
    const { lines } = await app.push('--force', 'main');
    expect(lines.at(-1)).toMatch(/^success: names build 1 built/);
    expect(lines.join('\n')).toContain('red \\u001b[31malert\\u001b[2J \\u202etxt.exe');
    expect(lines.join('\n')).not.toMatch(DANGEROUS);
    expect(use.platform.log('names', 1)).not.toMatch(DANGEROUS);
    const { exitCode, all } = await use.platform.doskara('replay', 'names');
    expect(exitCode).toBe(0);
    expect(all).toContain('\\u202etxt.exe');
    expect(all).not.toMatch(DANGEROUS);
  });

  test('has a record that is still one JSON document', () => {
    expect(use.platform.record('names', 1)).toMatchObject({ outcome: 'built', app: 'names' });
    expect(readFileSync(join(use.platform.repository('names'), 'doskara/builds/1.json'), 'utf8')).not.toContain('\x1b');
  });
});

describe('refs', () => {
  test.each([
    'side\u202egnp',
    'side\u200fmark',
    'side\u2028error-faked',
    'side\u0085next',
    'side\u009b2J',
    '-x',
    '$(id)',
    "a'b;id",
  ])('named %j are treated as data and shown escaped', async (name) => {
    await app.git('update-ref', `refs/heads/${name}`, 'HEAD');
    const { lines, exitCode } = await app.push(`refs/heads/${name}:refs/heads/${name}`);
    expect(exitCode).toBe(0);
    expect(lines.join('\n')).toMatch(/^branch .* was stored but not built/m);
    expect(lines.join('\n')).not.toMatch(/[\u0080-\u009f\u200f\u202e\u2028]|uid=/);
    const { all } = await use.platform.doskara('replay', 'names', '--', `${name}~99`);
    expect(all).not.toMatch(/[\u0080-\u009f\u200f\u202e\u2028]|uid=/);
  });

  test.each(['--help', '--output=x', '-x', '', 'HEAD\nHEAD', '$(date)', 'HEAD;id', '\u202e', 'refs/heads/main --all'])(
    'are never %j',
    async (name) => {
      const before = readdirSync(use.platform.repository('names'));
      const { exitCode, all } = await use.platform.doskara('replay', 'names', '--', name);
      expect(exitCode).toBe(2);
      expect(all).toMatch(/^error: names has no commit "/);
      expect(all).not.toContain('\u202e');
      expect(readdirSync(use.platform.repository('names'))).toEqual(before);
    },
  );
});

test('hooks, configuration and attributes in a pushed tree are data', async () => {
  expect(use.platform.log('names', 1)).toContain('.gitattributes');
  expect(existsSync(canary)).toBe(false);
  const { stdout } = await execa('git', ['-C', use.platform.repository('names'), 'config', '--list', '--local']);
  expect(stdout).not.toContain('fsmonitor');
});

test("export-subst runs no program to check a commit's signature", async () => {
  const signature = '-----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----';
  const commit = await commitRaw(`gpgsig ${signature}\n`, 'signed');
  await app.push('--force', 'HEAD:signed');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['gpg', 'gpgsm'])
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\necho $0 $* >> ${canary}\ncat /proc/$PPID/cmdline | tr '\\\\0' ' ' >> ${canary}\n`,
      { mode: 0o755 },
    );
  const env = { HOME: use.platform.portHome, PATH: `${bin}:${process.env['PATH']}` };
  const { exitCode, all } = await execa(join(DIST, 'doskara'), ['replay', 'names', commit], { env, all: true });
  expect(exitCode).toBe(0);
  expect(all).toMatch(/signed [NE] by \[\]/);
  expect(existsSync(canary)).toBe(false);
});

test('records, logs, locks and keys are readable only by the git user', async () => {
  const state = join(use.platform.repository('names'), 'doskara');
  for (const path of [state, join(use.platform.portHome, '.ssh/authorized_keys'), join(use.platform.folder, 'spool')]) {
    const { stdout } = await execa('find', [path, '-perm', '/077', '-not', '-path', '*/archive.git/*']);
    expect(stdout.split('\n').filter((line) => !line.endsWith('/spool'))).toEqual(stdout === '' ? [''] : []);
  }
  expect((await execa('stat', ['-c', '%a', state])).stdout).toBe('700');
});
