/** What git runs after a push: ref updates on standard input, the bare repository as working directory. */
import { readFileSync } from 'node:fs';
import * as messages from '../src/port/messages.ts';
import { receivePush } from '../src/push/post-receive.ts';

// Ctrl-C of a pusher on this machine reaches the whole process group; a lost terminal must not end the build either.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort(messages.terminated()));

await receivePush({
  stdin: readFileSync(0, 'utf8'),
  folder: process.cwd(),
  out: process.stdout,
  env: process.env,
  signal: ending.signal,
});
process.exit(); // not waiting for a terminal that no longer reads; git ignores the exit code
