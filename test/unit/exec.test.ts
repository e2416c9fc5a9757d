import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exec } from '../../src/exec.ts';

const OTHER_DOORS = /from '(?:node:child_process|execa)'/;

test('only exec.ts starts programs in what is installed', () => {
  const files = globSync(['src/**/*.ts', 'hooks/*.ts'], { exclude: ['src/packaging/**'] });
  const others = files.filter((file) => OTHER_DOORS.test(readFileSync(file, 'utf8')));
  expect(others).toEqual(['src/exec.ts']);
});

test('the failure of a program is a value', async () => {
  expect(await exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
    exitCode: 3,
    failed: true,
    reason: 'exit code 3',
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await exec(['/no/such/program'])).toMatchObject({ exitCode: undefined, failed: true, reason: 'ENOENT' });
  expect(await exec(['sh', '-c', 'kill -9 $$'])).toMatchObject({
    exitCode: undefined,
    failed: true,
    reason: 'SIGKILL',
  });
});

test('a program that its timeout ends has timed out, whatever its exit code', async () => {
  const patient = "trap 'exit 7' TERM; while :; do sleep 0.05; done";
  expect(await exec(['sh', '-c', patient], { timeoutMs: 200 })).toMatchObject({
    exitCode: undefined,
    failed: true,
    reason: 'no answer within 0.2 s',
  });
});

test('a signal is left to the listeners of this process', async () => {
  const script = `
    process.once('SIGTERM', () => setTimeout(() => console.log('still here'), 100));
    const { exec } = await import(${JSON.stringify(new URL('../../src/exec.ts', import.meta.url).href)});
    void exec(['sleep', '0.5']);
    process.kill(process.pid, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));`;
  const { exitCode, stdout } = await exec([process.execPath, '--input-type=module', '--eval', script]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'still here\n' });
});
