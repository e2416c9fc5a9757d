import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addBuilder, type Builder, dockerConfigOf, forgetSilences, nameFor, shareBaseImage } from '../rig/builder.ts';
import { type Buildkitd, startBuildkitd, whyNoBuildkitd } from '../rig/buildkitd.ts';
import { makeGo } from '../rig/go.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { asRoot } from '../rig/processes.ts';
import { imageIn } from '../rig/warehouse.ts';

const BUILDERS = ['third', 'north'];
const QUICK = { 'build.sh': 'true\n', 'run.sh': 'true\n' };
/** A CACHE_DIR stays on its builder. */
const COUNT = 'echo x >>"$CACHE_DIR/builds"; echo "build $(wc -l <"$CACHE_DIR/builds") here"\n';

const missing = whyNoBuildkitd();
const title = 'a buildkitd that is reached with TLS on both sides';

describe.skipIf(missing !== undefined)(missing === undefined ? title : `${title}: left out, since ${missing}`, () => {
  const use = usePlatform({ DOSKARA_BUILDERS: BUILDERS.join(' ') });
  const folder = mkdtempSync(join(tmpdir(), 'doskara-buildkitd-'));
  const given = join(folder, 'given');
  let third: Buildkitd;
  let north: Builder;

  beforeAll(async () => {
    await shareBaseImage(use.platform);
    third = await startBuildkitd(folder, use.platform.shared.registry);
    north = await addBuilder(use.platform, 'north', use.platform.shared);
    give('client');
    await createAsInTheManual();
  });
  afterAll(async () => {
    await north?.cut();
    await third?.stop();
    await asRoot('rm', '-rf', folder);
  });
  beforeEach(() => forgetSilences(use.platform));

  /** Has the factory show other certificates. */
  const give = (whose: 'client' | 'stranger' | 'misled') =>
    cpSync(join(folder, whose), given, { recursive: true, force: true });

  /** The manual's command, with the paths and addresses of the test. */
  async function createAsInTheManual(): Promise<void> {
    const page = readFileSync('src/manual/scale.md', 'utf8');
    const [command = ''] = /^docker buildx create --name third (?:.*\\\n)*.*$/m.exec(page) ?? [];
    const here = command
      .replace(/^docker/, use.platform.shared.docker)
      .replaceAll('/etc/buildkit', given)
      .replace('third.example:1234', address());
    await execa('sh', ['-e', '-c', here], { env: { DOCKER_CONFIG: dockerConfigOf(use.platform) } });
  }

  const address = () => `127.0.0.1:${third.tcpPort}`;
  const homely = (what: string) => nameFor('third', BUILDERS, what);
  const check = async (env: Record<string, string> = {}) => (await use.platform.runner(['--check'], '', env)).stdout;

  test('builds a push, and the next one finds its caches', async () => {
    const app = await use.platform.app(homely('cached'), { 'build.sh': COUNT, 'run.sh': 'true\n' });
    const first = await app.push();
    expect(first.text).not.toContain('warning: ');
    expect(first.lines).toContain('       build 1 here');
    expect(use.platform.record(app.app, 1)).toMatchObject({ outcome: 'built', buildkit: third.version });
    const head = await app.commit({ 'other.txt': '' });
    expect((await app.push()).lines).toContain('       build 2 here');
    const { all } = await use.platform.doskara('replay', app.app);
    expect(all).toContain("nothing changed: using Docker's build cache");
    expect(await use.platform.latestRevision(app.app)).toBe(head);
  });

  test('makes attestations that the warehouse takes', async () => {
    const app = await use.platform.app(homely('attested'), QUICK);
    await use.platform.doskara('config', app.app, 'attest', 'provenance');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: /);
    expect(await imageIn(use.platform.shared.registry, app.app)).toMatchObject({ attestations: 1 });
  });

  test('is checked like any builder', async () => {
    const stdout = await check();
    expect(stdout).toMatch(
      /^ok: builder third \(BuildKit v\S+; linux\/.*\): [\d.]+ [GT]B free, load [\d.]+, keeps up to /m,
    );
    expect(stdout).toMatch(/^ok: base image \S+, pulled by builder third$/m);
    expect(stdout).toMatch(/^ok: warehouse \S+ accepts images from builder third, /m);
  });

  describe('and does not trust the certificate of the factory', () => {
    beforeEach(() => give('stranger'));
    afterEach(() => give('client'));
    const unavailable = () => `builder third (DOSKARA_BUILDERS) is not available: ${refusal()}`;
    const refusal = () => `${address()} does not accept the certificate ${given}/cert.pem (`;
    const HINT = 'on the factory, as the docker user: docker buildx inspect third ';

    test('is passed over, and the pusher is told', async () => {
      const app = await use.platform.app(homely('passed'), QUICK);
      const { lines } = await app.push();
      expect(lines).toContain('warning: builder third does not answer; building on north');
      expect(lines.at(-1)).toMatch(/^success: /);
    });

    test('is named by --check and doctor, with the reason and what to do', async () => {
      expect(await check()).toContain(`warning: ${unavailable()}`);
      const { all } = await use.platform.doskara('doctor');
      expect(all).toContain(`warning: ${unavailable()}`);
      expect(all).toContain(`hint: ${HINT}`);
      const alone = await check({ DOSKARA_BUILDERS: 'third' });
      expect(alone).toContain(`error: ${unavailable()}`);
      expect(alone).toContain(`hint: ${HINT}`);
    });

    test('is named by the error where no other builder is', async () => {
      const app = await use.platform.app(homely('alone'), QUICK);
      const { all, exitCode } = await use.platform.runner([app.app], await app.archive(), {
        DOSKARA_BUILDERS: 'third',
      });
      expect(exitCode).toBe(4);
      expect(all).toContain(`error: builder third was lost: ${refusal()}`);
      expect(all).toContain('hint: on the factory: /usr/local/doskara/build.sh --check');
    });
  });

  test('is named by --check if the factory does not trust it', async () => {
    give('misled');
    const stdout = await check();
    give('client');
    expect(stdout).toContain(`warning: builder third (DOSKARA_BUILDERS) is not available: ${address()}: `);
    expect(stdout).toMatch(/is not available: \S+ .*certificate/);
  });

  test('is replaced if it is killed while it builds, and its apps come home when it is back', async () => {
    const name = homely('killed');
    const log = () => (use.platform.hasRecord(name, 1) ? use.platform.log(name, 1) : '');
    using go = await makeGo(use.platform);
    const app = await use.platform.app(name, { 'build.sh': `${COUNT}${go.wait}\n`, 'run.sh': 'true\n' });
    const push = app.push();
    await expect.poll(log, { timeout: 60_000 }).toContain('       build 1 here');
    await third.kill();
    await expect
      .poll(log, { timeout: 60_000 })
      .toMatch(/ warning: builder third was lost: .+; building again on north$/m);
    go.give();
    expect((await push).lines.at(-1)).toMatch(/^success: /);
    expect(await check()).toContain(`is not available: ${address()}: connect ECONNREFUSED`);
    await third.restart();
    forgetSilences(use.platform);
    const head = await app.commit({ 'other.txt': '' });
    const again = await app.push();
    expect(again.text).not.toContain('warning: ');
    expect(again.lines).toContain('       build 2 here');
    expect(await use.platform.latestRevision(name)).toBe(head);
  });
});
