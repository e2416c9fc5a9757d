import { DEPS } from '../../app-layout.ts';
import { openMatcher, parseNeeds } from '../../dependencies.ts';
import * as messages from '../../port/messages/script-content.ts';
import type { CommitScript } from './commit-scripts.ts';
import type { Commit } from './export-ignore.ts';

/** Throws a Trouble (exit code 3) if deps.sh needs what is not in the commit. */
export async function checkNeeds({ git, tree }: Commit, scripts: readonly CommitScript[]): Promise<void> {
  const script = scripts.find(({ name }) => name === DEPS);
  if (script === undefined) return;
  const parsed = parseNeeds(script.text);
  if ('problem' in parsed) throw messages.wrongNeeds(parsed.problem);
  let missing = parsed.needs;
  const match = openMatcher(missing);
  // `mode type object\tpath\0`
  for await (const line of git.list('ls-tree', '-r', '-z', '--full-tree', tree)) {
    if (missing.length === 0) return;
    if (line.startsWith('160000')) continue;
    const found = match(line.slice(line.indexOf('\t') + 1).split('/'));
    if (found.length > 0) missing = missing.filter((need) => !found.includes(need));
  }
  const [first] = missing;
  if (first !== undefined) throw messages.needMissing(first.word);
}
