import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DIST } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-missing-spool-'));
const DOCKER = 4711;

beforeAll(async () => {
  writeFileSync(join(folder, 'passwd'), `root:x:0:0::/root:/bin/sh\ndocker:*:${DOCKER}:${DOCKER}::/:/bin/sh\n`);
  writeFileSync(join(folder, 'group'), `root:x:0:\ndocker:x:${DOCKER}:\n`);
  await asRoot('chmod', '755', folder);
});
afterAll(() => asRoot('rm', '-rf', folder));

/** Runs as root on a machine with the user docker and an empty /var/lib; prints who owns what afterwards. */
function runAsRoot(args: string, spool: string) {
  const { docker, env } = inject('shared');
  const script = `
    mount -t tmpfs tmpfs /var/lib && for file in passwd group; do mount --bind ${folder}/$file /etc/$file; done
    cp -R ${DIST} /var/lib/dist && touch /var/lib/dist/node && mount --bind "$(readlink -f ${DIST}/node)" /var/lib/dist/node
    ${args}
    find ${spool} -printf '%U %M %P\\n'`;
  return execa('unshare', ['--mount', 'sh', '-c', script], {
    env: { PATH: process.env['PATH'], HOME: folder, DOSKARA_DOCKER: docker, DOSKARA_SPOOL: spool, ...env },
    extendEnv: false,
    reject: false,
    all: true,
  });
}

describe.skipIf(process.getuid?.() !== 0)('a missing spool, when root runs the runner by hand', () => {
  test.each(
    ['--check', '--prune', '--cancel myapp', 'myapp </dev/null'].flatMap((args) =>
      ['/var/lib/doskara', '/var/lib/large/spool'].map((spool) => [spool, args] as const),
    ),
  )(
    '%s is created for the user docker, and root leaves none of its own files there: build.sh %s',
    async (spool, args) => {
      const { stdout, all } = await runAsRoot(`/var/lib/dist/build.sh ${args}`, spool);
      const owners = stdout.split('\n').filter((line) => /^\d+ [d-][rwx-]{9} /.test(line));
      expect(owners[0], all).toBe(`${DOCKER} drwx------ `);
      for (const owner of owners) expect(owner).toMatch(new RegExp(`^${DOCKER} `));
    },
  );
});
