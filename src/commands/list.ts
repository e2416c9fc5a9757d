import { becomeOwner } from '../owner.ts';
import { listRepositories } from '../port/apps.ts';
import { Records } from '../port/records.ts';
import { openRepository, readHead } from '../port/repository.ts';
import * as words from '../port/words.ts';
import type { Surroundings } from './surroundings.ts';
import { ago, formatTable } from './table.ts';

/** `doskara list`: every app with its head and what became of its last build. */
export async function list(options: { json?: boolean }, { print }: Surroundings): Promise<void> {
  const folders = await listRepositories();
  await becomeOwner(folders);
  const apps = await Promise.all(folders.map(describeApp));
  if (options.json) return print(JSON.stringify(apps));
  const rows = apps.map(({ app, head, last }) => [
    app,
    head === null ? '-' : words.short(head),
    last === null ? '-' : `${last.outcome} (build ${last.number})`,
    last === null ? '-' : ago(last.finished ?? last.queued, Date.now()),
  ]);
  formatTable(
    ['app', 'head', 'last build', 'ago'],
    rows,
    process.stdout.isTTY ? process.stdout.columns : undefined,
  ).forEach(print);
}

async function describeApp(folder: string) {
  const repository = await openRepository(folder);
  const { app, branch } = repository.settings;
  const [last] = await new Records(repository.state).latest(1);
  return {
    app,
    folder,
    branch,
    head: (await readHead(repository, `refs/heads/${branch}`)) ?? null,
    last: last ?? null,
  };
}
