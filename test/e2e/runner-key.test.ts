import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';
import { USER } from '../rig/sshd.ts';
import { file, gzip, tar } from '../rig/tar-writer.ts';

const use = usePlatform();

describe("port's key on the factory", () => {
  const ssh = (command: string, input: Buffer | string, ...options: string[]) =>
    execa('ssh', ['-F', join(use.platform.portHome, 'ssh_config'), ...options, `${USER}@factory`, command], {
      input,
      all: true,
      reject: false,
    });

  test('builds over plain ssh as it does by hand', async () => {
    const { exitCode, stdout } = await ssh(
      '/usr/local/doskara/build.sh over-ssh',
      gzip(tar(file('build.sh', 'echo by hand'), file('run.sh', 'true'))),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('       by hand');
    expect((await ssh('/usr/local/doskara/build.sh --version', '')).stdout).toMatch(/^doskara runner/);
  });

  test.each([
    ['id'],
    ['/usr/local/doskara/build.sh over-ssh; id'],
    ['/usr/local/doskara/build.sh $(id)'],
    ['/usr/local/doskara/build.sh over-ssh\nid'],
    ['/usr/local/doskara/build.sh  over-ssh'],
    ['/usr/local/doskara/build.sh --ssh'],
    ['/usr/local/doskara/build.sh --no-cache'],
    ['/usr/local/doskara/../doskara/build.sh over-ssh'],
    ['scp -t /tmp/x'],
    ['build.sh over-ssh'],
  ])('does not run %j', async (command) => {
    const { exitCode, all } = await ssh(command, '');
    expect(exitCode).toBe(2);
    expect(all).not.toContain('uid=');
  });

  test('gets no terminal, no forwarding and no sftp', async () => {
    const output = await ssh('/usr/local/doskara/build.sh --version', '', '-tt');
    expect(output.all).toContain('PTY allocation request failed');
    const { exitCode } = await execa(
      'sftp',
      ['-F', join(use.platform.portHome, 'ssh_config'), '-b', '-', `${USER}@factory`],
      { input: 'ls\n', reject: false },
    );
    expect(exitCode).not.toBe(0);
    const forward = await ssh('', '', '-o', 'ExitOnForwardFailure=yes', '-N', '-R', '127.0.0.1:0:127.0.0.1:1');
    expect(forward.all).toContain('remote port forwarding failed');
  });
});

test('a key limited to some apps gives no caches and secrets of others, even to who knows their id', async () => {
  const id = '0123456789abcdef'.repeat(2);
  const ask = (command: string, ...limit: string[]) =>
    use.platform.runner(['--ssh', ...limit], '', { SSH_ORIGINAL_COMMAND: `/usr/local/doskara/build.sh ${command}` });
  const limit = ['--apps', 'allowed,other'];
  expect((await ask(`--secret-clear third ${id}`)).exitCode).toBe(0);
  for (const command of [`--secret-clear allowed ${id}`, `--cache-id ${id} --secrets A allowed`]) {
    const { exitCode, all } = await ask(command, ...limit);
    expect({ exitCode, all }).toMatchObject({
      exitCode: 2,
      all: expect.stringContaining('error: allowed asks for the caches and secrets of another app'),
    });
  }
  // a renamed app takes them along
  expect((await ask(`--secret-clear allowed ${id}`)).exitCode).toBe(0);
  expect((await ask(`--secret-clear other ${id}`, ...limit)).exitCode).toBe(0);
});
