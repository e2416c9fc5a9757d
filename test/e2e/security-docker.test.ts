import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';
import { file, gzip, tar } from '../rig/tar-writer.ts';

const use = usePlatform();
const SECRET = 'canary-of-the-docker-user';
const AUTH = Buffer.from(`pusher:${SECRET}`).toString('base64');
const config = mkdtempSync(join(tmpdir(), 'doskara-docker-config-'));

/** What any user on the factory can see of running processes, without the test's own. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

describe("the docker user's registry login", () => {
  const seen = new Set<string>();
  let said = '';
  let image = '';

  beforeAll(async () => {
    const auths = { [use.platform.shared.registry]: { auth: AUTH }, 'evil.example': { auth: AUTH } };
    writeFileSync(join(config, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 });
    const script = 'env; cat /proc/*/cmdline; ls -a / /root /run 2>&1 || true; echo looking around; sleep 1\n';
    const sent = gzip(tar(file('build.sh', script), file('run.sh')));
    const env = { DOCKER_CONFIG: config, DOSKARA_TOKEN: SECRET, REGISTRY_PASSWORD: SECRET };
    const build = use.platform.runner(['discreet'], sent, env);
    const look = () => {
      for (const line of commandLines()) seen.add(line);
    };
    const timer = setInterval(look, 20);
    const { exitCode, all } = await build;
    clearInterval(timer);
    said = all;
    image = `${use.platform.shared.registry}/discreet`;
    expect({ exitCode, all }).toEqual({ exitCode: 0, all: expect.stringContaining('looking around') });
  });
  afterAll(() => rmSync(config, { recursive: true }));

  test('appears in no process list', () => {
    expect([...seen].some((line) => line.includes('docker build') || line.includes('buildx build'))).toBe(true);
    expect([...seen].filter((line) => line.includes(SECRET) || line.includes(AUTH))).toEqual([]);
  });

  test('is not visible to the build or in its output', () => {
    expect(said).toContain('DOSKARA_APP=discreet');
    expect(said).not.toContain(SECRET);
    expect(said).not.toContain(AUTH);
    expect(said).not.toMatch(/DOCKER_HOST|DOCKER_CONFIG|DOSKARA_REGISTRY|DOSKARA_SPOOL/);
  });

  test.each([
    ['history', ['history', '--no-trunc', '--format', '{{json .}}'], 'ARG DOSKARA_APP=discreet'],
    ['configuration', ['inspect'], '"doskara.app": "discreet"'],
  ])('is not in the image, nor is anything of the factory: %s', async (_, args, known) => {
    const { exitCode, stdout } = await use.platform.docker(...args, image);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(known);
    expect(stdout).not.toContain(SECRET);
    expect(stdout).not.toContain(AUTH);
    expect(stdout).not.toContain(use.platform.folder);
  });

  test('is in no file of the image', async () => {
    const { stdout } = await use.platform.docker(
      'run',
      '--rm',
      '--network',
      'none',
      image,
      'grep',
      '-rlE',
      `${SECRET}|${AUTH}`,
      '/app',
      '/tmp',
      '/var',
      '/etc',
    );
    expect(stdout).toBe('');
  });
});
