import { expect, test } from 'vitest';
import { publishResult } from '../../../src/builds/publish.ts';
import type { BuildRecord, Outcome } from '../../../src/port/build-record.ts';
import type { Relay } from '../../../src/port/relay.ts';
import type { Repository } from '../../../src/port/repository.ts';

/** What is printed after a build whose push did not land, so that no ref is written. */
async function printedAfter(outcome: Outcome, afterBuild: string): Promise<string[]> {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const relay = { line: say, heading: (text: string) => say(`-----> ${text}`), hint: () => {} } as unknown as Relay;
  const record = { app: 'shop', outcome, gate: { pid: 1, pidStart: '1' }, landed: false } as BuildRecord;
  await publishResult({ path: '/tmp', settings: { afterBuild } } as Repository, record, relay);
  return lines;
}

const HEADING = '-----> Running doskara.afterBuild';
const DEPLOY = 'test "$DOSKARA_OUTCOME" != built || echo deploying';
const NOTIFY = 'test "$DOSKARA_OUTCOME" = built || echo "it was $DOSKARA_OUTCOME"';

test.each<[Outcome, string, string[]]>([
  ['built', DEPLOY, [HEADING, '       deploying']],
  ['built', NOTIFY, [HEADING]],
  ['lost', DEPLOY, []],
  ['failed', DEPLOY, []],
  ['lost', NOTIFY, [HEADING, '       it was lost']],
  ['lost', 'exit 3', ['warning: doskara.afterBuild failed (exit code 3); the build is not affected']],
  ['superseded', NOTIFY, []],
])('after a build that is %s, `%s` prints %j', async (outcome, command, printed) => {
  expect(await printedAfter(outcome, command)).toEqual(printed);
});
