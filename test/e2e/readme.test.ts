import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test("the README's first app builds and says hello", async () => {
  const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)];
  const [build = '', run = ''] = blocks.map(([, text]) => text);
  const app = await use.platform.app('myapp', { 'build.sh': build, 'run.sh': run });
  const pushed = await app.push();
  expect(pushed.text).toMatch(/^success: myapp build 1 built /m);
  const commit = (await app.git('rev-parse', 'HEAD')).stdout;
  const { stdout } = await use.platform.docker('run', '--rm', `${use.platform.shared.registry}/myapp`);
  expect(stdout).toBe(`Hello from commit ${commit}`);
});

test("the manual's deploy example runs after a good build", async () => {
  const page = readFileSync('src/manual/after-build.md', 'utf8');
  const [, command = ''] = /config myapp afterBuild \\\n {2}'(.*)'$/m.exec(page) ?? [];
  expect(command).toContain('deploy.sh');
  const app = await use.platform.app('deployed');
  await app.git('-C', use.platform.repository('deployed'), 'config', 'doskara.afterBuild', `set -x; ${command}`);
  const { text } = await app.push();
  expect(text).toMatch(/^ +\+ test built != built$/m);
  expect(text).toMatch(/^ +\+ ssh warden \/usr\/local\/doskara\/deploy\.sh deployed$/m);
});
