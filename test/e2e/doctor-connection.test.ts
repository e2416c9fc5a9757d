import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { finding, whileChanged, wrongWith } from '../rig/doctor.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { freePort } from '../rig/processes.ts';

const use = usePlatform();
const WHERE = 'factory factory';

describe('doctor checks the connection to the factory', () => {
  const sshConfig = () => join(use.platform.portHome, 'ssh_config');

  test('with a host key that is not pinned, and with a factory that is also down', async () => {
    const pin = /ssh-keyscan -p \d+ 127\.0\.0\.1 >> /;
    const nowhere = await freePort();
    const unpinned = async () => {
      expect(await wrongWith(use.platform)).toEqual({
        exitCode: 4,
        found: [finding('error host-key', WHERE, /is unknown \(ssh-ed25519 SHA256:/, pin)],
      });
    };
    await whileChanged(use.platform.knownHosts, () => '', unpinned);
    const toNowhere = (text: string) => text.replace(/Port \d+/, `Port ${nowhere}`);
    await whileChanged(sshConfig(), toNowhere, async () => {
      expect((await wrongWith(use.platform)).found).toEqual([
        finding('error host-key', WHERE, `^no host key of \\[127\\.0\\.0\\.1\\]:${nowhere} is pinned in `, pin),
        finding('error connection', WHERE, /cannot be reached: connect ECONNREFUSED/, /build\.sh --check$/),
      ]);
    });
  });

  test('with an identity file that is readable by others, missing, or protected by a passphrase', async () => {
    const file = join(use.platform.portHome, '.ssh/id_ed25519');
    chmodSync(file, 0o644);
    const open = finding('error identity', WHERE, /is accessible to other users \(mode 0644\)$/, `^chmod 600 ${file}$`);
    expect((await wrongWith(use.platform)).found).toEqual([open]);
    chmodSync(file, 0o600);
    const other = join(use.platform.folder, 'no-such-key');
    const withOther = (text: string) => text.replace(/IdentityFile .*/, `IdentityFile ${other}`);
    await whileChanged(sshConfig(), withOther, async () => {
      expect((await wrongWith(use.platform)).found).toEqual([
        finding('error identity', WHERE, `^no identity file for factory: ${other}$`, /^ssh-keygen -t ed25519/),
        finding('error connection', WHERE, /does not accept port's key$/, /--authorize KEY\.pub$/),
      ]);
      await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', other]);
      const locked = finding(
        'warning identity',
        WHERE,
        /^cannot use identity file .*passphrase/,
        `^to remove its passphrase: ssh-keygen -p -f ${other}`,
      );
      expect((await wrongWith(use.platform)).found[0]).toEqual(locked);
    });
  });

  test('with an unsupported ssh option', async () => {
    const withProxy = (text: string) => `Host factory\n  ProxyCommand nc %h %p\n${text}`;
    await whileChanged(sshConfig(), withProxy, async () => {
      const refused = finding(
        'error connection',
        WHERE,
        /sets proxycommand, which Doskara does not support/,
        /ProxyJump is supported$/,
      );
      expect((await wrongWith(use.platform)).found).toEqual([refused]);
    });
  });

  test('with a runner of another version, and with a key that starts another program', async () => {
    const older = installOlderRunner();
    const { authorizedKeys } = use.platform.factory;
    const found = async (change: (text: string) => string, what: string, text: RegExp, hint: RegExp) =>
      whileChanged(authorizedKeys, change, async () => {
        expect((await wrongWith(use.platform)).found).toEqual([finding(what, WHERE, text, hint)]);
      });
    const upgrade = /^on the factory.*\.\/install\.sh factory --registry/;
    await found(
      (text) => text.replaceAll(DIST, older),
      'warning version',
      /^the runner's version is 0\.0\.9, port's is \d/,
      upgrade,
    );
    await found(
      (text) => text.replace(/command="[^"]*"/, 'command="echo hello"'),
      'error version',
      /^no Doskara runner answers on factory: hello$/,
      upgrade,
    );
  });

  /** The same runner, as built from a package.json with an older version. */
  function installOlderRunner(): string {
    const folder = join(use.platform.folder, 'older');
    mkdirSync(folder);
    for (const name of ['build.sh', 'start.cjs', 'runner.cjs']) copyFileSync(join(DIST, name), join(folder, name));
    symlinkSync(process.execPath, join(folder, 'node'));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const bundle = join(folder, 'runner.cjs');
    writeFileSync(bundle, readFileSync(bundle, 'utf8').replaceAll(`"${version}"`, '"0.0.9"'));
    return folder;
  }
});
