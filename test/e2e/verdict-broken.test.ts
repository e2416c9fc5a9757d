import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { wrongWith } from '../rig/doctor.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const findingsOf = async (app: string) =>
  (await wrongWith(use.platform)).found.filter(({ text }) => text.startsWith(`${app}: `));

/** Doctor names the broken ref, and its hint repairs it. */
async function expectMended(name: string): Promise<void> {
  const [finding] = await findingsOf(name);
  const text = `${name}: refs/notes/builds is broken: git cannot read it, so results are not published`;
  expect(finding).toMatchObject({ level: 'warning', subject: 'refs', text });
  await execa('sh', ['-c', finding?.hint?.split('; the records')[0] ?? 'false'], { reject: false });
  expect(await findingsOf(name)).toEqual([]);
}

test('notes that git cannot read do not affect the build, its pusher is told who can find out more, and doctor how to repair them', async () => {
  const app = await use.platform.app('garbage');
  await app.push();
  const notes = join(use.platform.repository('garbage'), 'refs/notes/builds');
  writeFileSync(notes, 'garbage\n');
  await app.commit({ a: '1' });
  const { lines } = await app.push();
  expect(lines.at(-1)).toMatch(/^success: garbage build 2 built/);
  const said = lines.findIndex((line) => line.startsWith('warning: cannot write the result'));
  expect(lines[said + 1]).toBe('hint: tell an admin');
  await expectMended('garbage');
  writeFileSync(notes, `${'1'.repeat(40)}\n`); // of an object that is missing
  await expectMended('garbage');
  await app.commit({ a: '2' });
  const repaired = await app.push();
  expect(repaired.text).not.toContain('warning: ');
  expect(repaired.lines.at(-1)).toMatch(/^success: garbage build 3 built/);
});

test('after a replay of another commit, list and doctor show which one is the latest', async () => {
  const app = await use.platform.app('older');
  await app.push();
  const first = (await app.git('rev-parse', 'HEAD')).stdout;
  const head = await app.commit({ a: '1' });
  await app.push();
  const list = async () =>
    (await use.platform.doskara('list')).stdout.split('\n').find((line) => line.startsWith('older'));
  expect(await list()).toContain(`\t${head.slice(0, 12)}\t${head.slice(0, 12)} (2)\t`);
  await use.platform.doskara('replay', 'older', first);
  expect(await list()).toContain(`\t${head.slice(0, 12)}\t${first.slice(0, 12)} (3)\tbuilt (build 3)`);
  expect(await findingsOf('older')).toMatchObject([
    {
      level: 'warning',
      text: `older: latest is ${first.slice(0, 12)} (build 3, a replay), not its head, ${head.slice(0, 12)}`,
      hint: 'if this is not intended: doskara replay older',
    },
  ]);
  await use.platform.doskara('replay', 'older');
  expect(await findingsOf('older')).toEqual([]);
  expect(await list()).toContain(`\t${head.slice(0, 12)} (4)\t`);
});
