import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { finding, wrongWith } from '../rig/doctor.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { startWarehouse } from '../rig/warehouse.ts';
import { startWire } from '../rig/wire.ts';

const use = usePlatform();
const WHERE = 'factory factory';

describe('doctor checks a factory', () => {
  test('whose engine is down: one error for one cause', async () => {
    await (await use.platform.app('known')).push(); // its image cannot be looked up then
    await expectOf(
      { DOCKER_HOST: 'unix:///nowhere' },
      'error docker-engine',
      /is not responding: Cannot connect/,
      'docker start$',
    );
  });

  test('whose engine accepts requests but never answers', async () => {
    await using wire = await startWire(Number(use.platform.shared.registry.split(':')[1]));
    wire.hold();
    const host = `tcp://127.0.0.1:${wire.tcpPort}`;
    await expectOf(
      { DOCKER_HOST: host },
      'error docker-engine',
      /is not responding: no answer within 10 s$/,
      'docker restart$',
    );
  });

  test('whose warehouse is down, and leaves nothing in the engine in that case', async () => {
    const registry = '127.0.0.1:1';
    await expectOf(
      { DOSKARA_REGISTRY: registry },
      'error warehouse',
      /^cannot push to the warehouse 127\.0\.0\.1:1: .*refused$/,
      '^is the registry running',
    );
    expect((await use.platform.docker('image', 'ls', '--quiet', `${registry}/doskara--canary`)).stdout).toBe('');
  });

  test('whose warehouse requires a login', async () => {
    const folder = join(use.platform.folder, 'locked');
    mkdirSync(folder);
    const auth = `auth: { htpasswd: { realm: images, path: ${join(folder, 'htpasswd')} } }\n`;
    const { registry, stop } = await startWarehouse(folder, undefined, auth);
    await expectOf(
      { DOSKARA_REGISTRY: registry },
      'error warehouse',
      /^cannot push to the warehouse .*(?:no basic auth|401 Unauthorized)/,
      `docker login ${registry}$`,
    );
    await stop();
  });

  test('with an invalid setting', async () => {
    await expectOf(
      { DOSKARA_REGISTRY: 'http://x' },
      'error runner',
      /^DOSKARA_REGISTRY="http:\/\/x" should be/,
      /factory\.env$/,
    );
  });

  /** Doctor's findings while the factory has other settings. */
  async function expectOf(
    env: Record<string, string>,
    what: string,
    text: RegExp,
    hint: string | RegExp,
  ): Promise<void> {
    const { env: engine, registry } = use.platform.shared;
    await restartWith(env);
    const wrong = await wrongWith(use.platform);
    await restartWith({ DOCKER_HOST: engine.DOCKER_HOST, DOSKARA_REGISTRY: registry });
    expect(wrong).toEqual({ exitCode: 4, found: [finding(what, WHERE, text, hint)] });
  }

  async function restartWith(env: Record<string, string>): Promise<void> {
    use.platform.setFactory(env);
    await use.platform.factory.stop();
    await use.platform.startFactory();
  }
});
