import { openLog } from '../port/log.ts';
import { Records } from '../port/records.ts';
import { makeRelay } from '../port/relay.ts';
import type { Repository } from '../port/repository.ts';
import type { Terminal } from '../port/terminal.ts';
import { endLog } from './end-log.ts';
import { landBuild } from './landing.ts';
import { makeKnown } from './make-known.ts';

/** The rest of a build that the gate has made of this push; resolves with whether there is one. */
export async function tellLanded(repository: Repository, commit: string, terminal: Terminal): Promise<boolean> {
  const record = await landBuild(repository, commit);
  if (record === undefined) return false;
  const records = new Records(repository.state);
  using log = openLog(records.logFile(record.number), () => {}); // what it lacks has been built
  const relay = makeRelay(log, terminal);
  await makeKnown(repository, record, relay);
  await endLog(records, record, relay);
  return true;
}
