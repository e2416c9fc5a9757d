import { open } from 'node:fs/promises';
import { DEPS } from '../../app-layout.ts';
import { openMatcher, parseNeeds } from '../../dependencies.ts';
import * as messages from '../messages/archive.ts';
import type { PartCollector } from './parts.ts';
import type { ArchiveRules } from './rules.ts';

/** What deps.sh sees, as parts of the checked archive. */
export interface Dependencies {
  /** Where its entries stand in the archive, as in `Part`. */
  entries: number[];
  bytes: number;
}

/** Finds deps.sh and the files that it names, each with its folders. Throws a Trouble with exit code 3 if one is missing. */
export async function findDependencies(
  file: string,
  { names, positions }: PartCollector,
  rules: ArchiveRules,
): Promise<Dependencies> {
  const at = (i: number) => positions.slice(3 * i, 3 * i + 3);
  const script = rules.fileOf(DEPS);
  const needs = readNeeds(await readEntry(file, at(names.indexOf(script))));
  const missing = new Set(needs);
  const chosen = new Set<string>([DEPS, script]);
  const match = openMatcher(needs);
  // sorted, the files of a folder follow each other
  for (const name of names.toSorted()) {
    const found = rules.kindOf(name) === 'directory' ? [] : match(name.split('/'));
    for (const need of found) missing.delete(need);
    if (found.length > 0) chosen.add(name);
  }
  for (const { word } of missing) throw messages.needMissing(word);
  const all = withFoldersOf(withTargetsOf(chosen, names, rules));
  const entries = names.flatMap((name, i) => (all.has(name) ? at(i) : []));
  const bytes = names.reduce((sum, name, i) => (all.has(name) ? sum + sizeOf(at(i)) : sum), 0);
  return { entries, bytes };
}

const sizeOf = ([start = 0, , end = 0]: number[]) => end - start;

/** Names are binary strings in an archive, so the words are, too. */
async function readEntry(file: string, [start = 0, headers = 0, end = 0]: number[]): Promise<string> {
  const archive = await open(file);
  try {
    const length = Math.min(end - start - headers, MAX_SCRIPT_BYTES);
    const { buffer, bytesRead } = await archive.read(Buffer.alloc(length), 0, length, start + headers);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await archive.close();
  }
}

const MAX_SCRIPT_BYTES = 1024 ** 2;

function readNeeds(text: string) {
  const parsed = parseNeeds(text);
  if ('problem' in parsed) throw messages.wrongNeeds(parsed.problem);
  return parsed.needs;
}

/** A hard link is unpacked after its target, which stands before it. */
function withTargetsOf(chosen: Set<string>, names: readonly string[], rules: ArchiveRules): Set<string> {
  for (const name of names.toReversed()) {
    const target = chosen.has(name) ? rules.hardLinkTarget(name) : undefined;
    if (target !== undefined) chosen.add(target);
  }
  return chosen;
}

function withFoldersOf(files: ReadonlySet<string>): Set<string> {
  const all = new Set(files);
  for (const file of files)
    for (let slash = file.lastIndexOf('/'); slash > 0; slash = file.lastIndexOf('/', slash - 1))
      all.add(file.slice(0, slash));
  return all;
}
