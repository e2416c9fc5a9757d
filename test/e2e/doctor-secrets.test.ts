import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { finding, whileChanged, wrongWith } from '../rig/doctor.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { asRoot } from '../rig/processes.ts';

const use = usePlatform();
const doskara = (...args: string[]) => use.platform.doskara(...args);
const give = (...args: string[]) =>
  execa(join(DIST, 'doskara'), ['secret', 'set', ...args], {
    env: { HOME: use.platform.portHome },
    input: '123456',
    reject: false,
  });

test('doctor reports secrets that port or a factory lacks, and a damaged list of them', async () => {
  await doskara('create', 'secretive');
  await doskara('config', 'secretive', 'ssh', 'default');
  expect((await wrongWith(use.platform)).found).toEqual([
    finding(
      'error secrets',
      'port',
      /^secretive: doskara.ssh is set, but secretive has no ssh key$/,
      /^on port: doskara secret set secretive --ssh < KEY; or: doskara config secretive ssh --unset$/,
    ),
  ]);
  await doskara('config', 'secretive', 'ssh', '--unset');
  for (const name of ['A', 'B', 'C']) await give('secretive', name);
  expect((await wrongWith(use.platform)).found).toEqual([]);

  // as if the factory had been replaced
  await asRoot('sh', '-c', 'rm "$1"/secrets/*/[AC]', 'sh', join(use.platform.folder, 'spool'));
  expect(await wrongWith(use.platform)).toEqual({
    exitCode: 4,
    found: [
      finding(
        'error secrets',
        'factory factory',
        /^this factory does not have A, C of secretive$/,
        /^on port: doskara secret set secretive A; doskara secret set secretive C$/,
      ),
    ],
  });
  for (const name of ['A', 'C']) await give('secretive', name);

  const file = join(use.platform.repository('secretive'), 'doskara/secrets.json');
  const elsewhere = (text: string) => text.replace('"factory"', '"other"');
  await whileChanged(file, elsewhere, async () => {
    expect((await wrongWith(use.platform)).found).toEqual([
      finding('warning secrets', 'port', /^secretive: A is not set on factory$/, /^doskara secret set secretive A$/),
    ]);
  });
  const older = (text: string) =>
    text.replace('"factories":["factory"],"older":[]', '"factories":[],"older":["factory"]');
  await whileChanged(file, older, async () => {
    expect((await wrongWith(use.platform)).found).toEqual([
      finding('warning secrets', 'port', /^secretive: factory may have an older value of A/, /secret set secretive A$/),
    ]);
  });
  writeFileSync(file, '[{"name"');
  const damaged = (await wrongWith(use.platform)).found;
  expect(damaged).toEqual([finding('error secrets', 'port', `${file}, .* is damaged$`, /doskara secret set$/)]);
  const { stdout, stderr } = await doskara('destroy', 'secretive', '--yes');
  expect(stderr).toMatch(
    /^warning: the secrets of secretive, if it had any, are still on its factories: .*secrets\.json/,
  );
  expect(stdout).toContain('doskara create secretive');
});
