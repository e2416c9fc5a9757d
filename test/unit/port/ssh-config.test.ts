import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/exit-codes.ts';
import { parseSshConfig } from '../../../src/port/ssh/config.ts';
import type { SshTarget } from '../../../src/port/ssh/target.ts';
import { troubleOf } from '../trouble.ts';

const USER = { home: '/home/git', agent: '/run/agent' };
const parse = (...lines: string[]) => parseSshConfig('factory', lines.join('\n'), USER);

describe('the output of ssh -G', () => {
  test.each<[string, string[], Partial<SshTarget>]>([
    [
      'no options leave the destination unchanged',
      [],
      { destination: 'factory', host: 'factory', sshPort: 22, knownAs: 'factory' },
    ],
    [
      'host, port and user',
      ['hostname 10.0.0.1', 'port 2222', 'user docker'],
      { host: '10.0.0.1', sshPort: 2222, user: 'docker' },
    ],
    ['another port is part of the known name', ['hostname h', 'port 2222'], { knownAs: '[h]:2222' }],
    ['an alias for the host key', ['hostname h', 'port 2222', 'hostkeyalias fac'], { knownAs: 'fac' }],
    [
      'identity files in order',
      ['identityfile ~/.ssh/a', 'identityfile /b c'],
      { identityFiles: ['/home/git/.ssh/a', '/b c'] },
    ],
    ['no identity file', ['identityfile none'], { identityFiles: [] }],
    [
      'tokens in an identity file',
      ['hostname h', 'port 24', 'user u', 'identityfile %d/%h-%p-%r-100%%-%Z'],
      { identityFiles: ['/home/git/h-24-u-100%-%Z'] },
    ],
    [
      "known_hosts files, the user's first",
      ['globalknownhostsfile /etc/a /etc/b', 'userknownhostsfile ~/x %d/y'],
      { knownHostsFiles: ['/home/git/x', '/home/git/y', '/etc/a', '/etc/b'] },
    ],
    ['no known_hosts files', ['globalknownhostsfile none', 'userknownhostsfile none'], { knownHostsFiles: [] }],
    ["the agent of the user's environment", [], { agent: '/run/agent' }],
    ['the same agent by name', ['identityagent SSH_AUTH_SOCK'], { agent: '/run/agent' }],
    ['no agent', ['identityagent none'], { agent: undefined }],
    ['another agent', ['identityagent ~/.agent'], { agent: '/home/git/.agent' }],
    ['an agent in a variable that is not set', ['identityagent $DOSKARA_NO_SUCH'], { agent: undefined }],
    ['identities only', ['identitiesonly yes'], { identitiesOnly: true }],
    ['identities and the agent', ['identitiesonly no'], { identitiesOnly: false }],
    ['its own timeouts', ['connecttimeout 5', 'serveraliveinterval 3'], { connectTimeout: 5, aliveInterval: 3 }],
    ['no times', ['connecttimeout none', 'serveraliveinterval 0'], { connectTimeout: 15, aliveInterval: 10 }],
    ['keepalives too rare to notice a dead factory', ['serveraliveinterval 300'], { aliveInterval: 10 }],
    ['compression', ['compression yes'], { compression: true }],
    ['no compression', ['compression no'], { compression: false }],
    ['hops', ['proxyjump bob@jump:2200,two'], { proxyJump: 'bob@jump:2200,two' }],
    ['no hops', ['proxyjump none'], { proxyJump: undefined }],
    ['disabled options', ['proxycommand none', 'revokedhostkeys none', 'pkcs11provider none'], { host: 'factory' }],
  ])('%s', (_, lines, expected) => {
    expect(parse(...lines)).toMatchObject(expected);
  });

  test.each([
    'proxycommand nc %h %p',
    'knownhostscommand /bin/keys %H',
    'revokedhostkeys /etc/revoked',
    'pkcs11provider /lib/p.so',
  ])('with "%s" is refused, since it would change whom we trust', (line) => {
    const trouble = troubleOf(() => parse('hostname h', line));
    expect(trouble).toMatchObject({ code: 'ssh-option', exitCode: EXIT.factory });
    expect(trouble.message).toContain(line.split(' ')[0]);
  });
});

describe('a real ssh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doskara-ssh-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** How the installed ssh resolves a configuration. */
  async function resolve(config: string, destination = 'factory'): Promise<SshTarget> {
    const file = join(folder, 'config');
    writeFileSync(file, config);
    const { stdout } = await execa('ssh', ['-F', file, '-G', '--', destination]);
    return parseSshConfig(destination, stdout, USER);
  }

  test('gives everything needed to reach a host without any configuration', async () => {
    const target = await resolve('');
    expect(target).toMatchObject({ host: 'factory', sshPort: 22, knownAs: 'factory', agent: '/run/agent' });
    expect(target).toMatchObject({
      compression: false,
      proxyJump: undefined,
      connectTimeout: 15,
      aliveInterval: 10,
      identitiesOnly: false,
    });
    expect(target.identityFiles).toContain('/home/git/.ssh/id_ed25519');
    expect(target.knownHostsFiles).toContain('/etc/ssh/ssh_known_hosts');
  });

  test.each<[string, string, Partial<SshTarget>]>([
    ['user and port of a destination', 'docker@factory', { user: 'docker', host: 'factory' }],
    [
      'a destination as a URL',
      'ssh://docker@factory:2222',
      { user: 'docker', sshPort: 2222, knownAs: '[factory]:2222' },
    ],
  ])('resolves %s', async (_, destination, expected) => {
    expect(await resolve('', destination)).toMatchObject({ destination, ...expected });
  });

  test("follows a factory's Host block", async () => {
    const block = `Host fac*
      HostName 10.0.0.1
      Port 2222
      User docker
      IdentityFile "/etc/my keys/%h"
      IdentitiesOnly yes
      IdentityAgent none
      UserKnownHostsFile /etc/known
      GlobalKnownHostsFile none
      ProxyJump bob@jump:2200
      ProxyCommand none
      ConnectTimeout 7`;
    expect(await resolve(block)).toEqual({
      destination: 'factory',
      host: '10.0.0.1',
      sshPort: 2222,
      user: 'docker',
      knownAs: '[10.0.0.1]:2222',
      knownHostsFiles: ['/etc/known'],
      identityFiles: ['/etc/my keys/10.0.0.1'],
      agent: undefined,
      identitiesOnly: true,
      connectTimeout: 7,
      aliveInterval: 10,
      compression: false,
      proxyJump: 'bob@jump:2200',
    });
  });
});
