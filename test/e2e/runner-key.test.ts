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
