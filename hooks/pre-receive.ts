/** What git runs before it accepts a push: ref updates on standard input. If it fails, git accepts none of them. */
import { readFileSync } from 'node:fs';
import { keepStartTurn } from '../src/builds/start-turn.ts';
import * as messages from '../src/port/messages/build.ts';
import { awaitLanding, LANDING } from '../src/push/landing.ts';
import { gatePush } from '../src/push/pre-receive.ts';

keepStartTurn(process.env);
const landing = process.env[LANDING];
if (landing !== undefined) {
  await awaitLanding(process.cwd(), landing);
  process.exit(1); // were this git's own hook, it would accept nothing
}

const ending = new AbortController();
process.once('SIGTERM', () => ending.abort(messages.terminated()));

const accepted = await gatePush({
  stdin: readFileSync(0, 'utf8'),
  folder: process.cwd(),
  out: process.stdout,
  env: process.env,
  signal: ending.signal,
});
process.exit(accepted ? 0 : 1);
