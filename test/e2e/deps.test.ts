import { expect, inject, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { hideBuildx } from '../rig/older-factory.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { imageIn } from '../rig/warehouse.ts';

const use = usePlatform();
const UNCHANGED = '       using the last result of deps.sh: nothing that it needs has changed';

const FILES = {
  'deps.sh': `# needs: package.json lib/*.txt
echo "deps of $DOSKARA_APP, commit \${DOSKARA_COMMIT:-unknown}"
find . -type f
mkdir node_modules
cat package.json >node_modules/module
echo x >>$CACHE_DIR/runs
echo "run $(cat $CACHE_DIR/runs | wc -l)"
`,
  'build.sh': 'echo "built at $DOSKARA_COMMIT with $(cat node_modules/module)"\n',
  'run.sh': 'exec cat node_modules/module server.js\n',
  'package.json': 'one\n',
  'lib/a.txt': '',
  'lib/b.js': '',
  'server.js': '1\n',
};

const layersOf = async ({ app }: Clone) => (await imageIn(use.platform.shared.registry, app))?.layers ?? [];

test('deps.sh runs only when what it needs has changed, and its layer stays until then', async () => {
  const app = await use.platform.app('modules', FILES);
  const first = await app.push();
  expect(first.lines).toContain('       deps of modules, commit unknown');
  const seen = first.lines.filter((line) => line.startsWith('       ./')).map((line) => line.trim());
  expect(seen.toSorted()).toEqual(['./deps.sh', './lib/a.txt', './package.json']);
  expect(first.text).toMatch(/^ {7}built at [0-9a-f]{40} with one$/m);
  const layers = await layersOf(app);

  await app.commit({ 'server.js': '2\n', 'lib/b.js': '2' });
  const code = await app.push();
  expect(code.text).not.toContain('deps of');
  expect(code.lines.filter((line) => line === UNCHANGED)).toHaveLength(1);
  expect(code.text).toMatch(/^ {7}built at [0-9a-f]{40} with one$/m);
  // the base image, WORKDIR, what deps.sh sees, and what it makes
  expect((await layersOf(app)).slice(0, 4)).toEqual(layers.slice(0, 4));
  expect((await layersOf(app))[4]).not.toBe(layers[4]);

  await app.commit({ 'package.json': 'two\n' });
  const changed = await app.push();
  expect(changed.lines).toContain('       run 2');
  expect(changed.text).toMatch(/^ {7}built at [0-9a-f]{40} with two$/m);
  expect(changed.text).not.toContain(UNCHANGED.trim());
  const image = `${use.platform.shared.registry}/modules`;
  expect((await use.platform.docker('run', '--rm', '--network=none', image)).stdout).toBe('two\n2');

  await app.commit({ 'server.js': '3\n' });
  expect((await app.push('-o', 'no-cache', 'main')).lines).toContain('       run 1');
});

test('deps.sh that fails, or needs what is not there, is named', async () => {
  const app = await use.platform.app('wrong', { ...FILES, 'deps.sh': '# needs: package-lock.json\n' });
  const { lines, text } = await app.push();
  expect(lines).toContain('error: deps.sh needs package-lock.json, which is not in the commit; nothing was sent');
  expect(text).toMatch(/^hint: fix its # needs: line, .*: ssh \S+ help apps$/m);
  expect(use.platform.record('wrong', 1)).toMatchObject({ outcome: 'refused', exitCode: 3, archive: null });
  await app.commit({ 'deps.sh': '# needs: ../x\n' });
  expect((await app.push()).text).toContain('error: deps.sh needs ../x, which is not a plain relative path');
  await app.commit({ 'deps.sh': 'if true\n' });
  expect((await app.push()).text).toContain('error: deps.sh has a syntax error');
  await app.commit({ 'deps.sh': 'cat package.json\n' });
  const failed = await app.push();
  expect(failed.text).toMatch(/^ {7}cat: .*package\.json/m);
  expect(failed.lines).toContain('error: deps.sh failed with exit code 1');
  expect(use.platform.record('wrong', 4)).toMatchObject({ outcome: 'failed', exitCode: 1 });
});

test('the classic builder keeps its result, too', async () => {
  hideBuildx(use.platform);
  const app = await use.platform.app('classic', FILES);
  const first = await app.push();
  if (inject('release') === 'forky') expect(first.text).toContain('with the classic builder');
  expect(first.lines).toContain('       deps of classic, commit unknown');
  await app.commit({ 'server.js': '2\n' });
  const { text, lines } = await app.push();
  expect(text).not.toContain('deps of');
  expect(lines).toContain(UNCHANGED);
  expect(text).toMatch(/^ {7}built at [0-9a-f]{40} with one$/m);
});
