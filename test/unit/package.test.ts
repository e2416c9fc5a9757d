import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const ONTO_PINNED_NODE = '. ./src/packaging/pinned-node.sh && ';
/** The PATH outside of npm scripts, without the pinned node. */
const BARE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

test('every script in package.json puts the pinned node first', () => {
  const others = Object.entries(scripts).filter(([, command]) => !command.startsWith(ONTO_PINNED_NODE));
  expect(others).toEqual([]);
});

test("a script's programs run on the pinned node without node_modules/.bin/node, which npm 9 and 10 delete", () => {
  const command = `${ONTO_PINNED_NODE} node -p process.execPath && /usr/bin/env node -p process.execPath`;
  const shown = execFileSync('sh', ['-c', command], { env: { PATH: BARE_PATH }, encoding: 'utf8' });
  const pinned = realpathSync(`node_modules/node-linux-${process.arch}/bin/node`);
  expect(shown.trim().split('\n')).toEqual([pinned, pinned]);
});

test('without the pinned node, a script fails with the command that fetches it', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'no-modules-')));
  const command = `. ${resolve('src/packaging/pinned-node.sh')} && echo on`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: `error: there is no ${folder}/node_modules/node-linux-${process.arch}/bin/node\nhint: npm ci --include=optional\n`,
  });
});

interface Lock {
  readonly packages: Record<string, { readonly optional?: boolean; engines?: unknown }>;
}

/**
 * npm skips optional packages whose `engines` exclude the node that npm itself runs on, whatever its options. On Node 18
 * these are the native parts of knip and vitest, which run on the pinned node (https://github.com/npm/cli, arborist's
 * checkEngine). So the lock file has no `engines` for them. After an update: npm test -- test/unit/package.test.ts -u
 */
test('package-lock.json sets no node version for optional packages', async () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
  for (const entry of Object.values(lock.packages)) if (entry.optional) delete entry.engines;
  await expect(`${JSON.stringify(lock, undefined, 2)}\n`).toMatchFileSnapshot('../../package-lock.json');
});
