/** What git runs after a push: ref updates on standard input, the bare repository as working directory. */
import { readFileSync } from 'node:fs';
import { keepStartTurn } from '../src/builds/start-turn.ts';
import * as messages from '../src/port/messages/build.ts';
import { receivePush } from '../src/push/post-receive.ts';

// A pusher's Ctrl-C on this machine signals the whole process group; neither that nor a hangup ends the build.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
keepStartTurn(process.env);
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort(messages.terminated()));

/** What sh has read of standard input, and the rest: see store-only.sh. */
function readUpdates(): string {
  const { DOSKARA_UPDATES: first = '' } = process.env;
  delete process.env['DOSKARA_UPDATES'];
  return first + readFileSync(0, 'utf8');
}

await receivePush({
  stdin: readUpdates(),
  folder: process.cwd(),
  out: process.stdout,
  env: process.env,
  signal: ending.signal,
});
process.exit(); // do not wait for a terminal that no longer reads; git ignores the exit code
