import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEPS } from '../../app-layout.ts';
import { replaceFile } from '../../replace-file.ts';
import { VERSION_AND_SOURCE } from '../../version.ts';
import type { FoundScript } from './commit-scripts.ts';

/** Scripts that an earlier preflight of the app had nothing to say about. Few pushes change one. */
export interface GoodScripts {
  has(script: FoundScript): boolean;
  /** Never rejects: at worst, they are checked again. */
  add(scripts: readonly FoundScript[]): Promise<void>;
}

const MAX_SCRIPTS = 20;

/** Reads those in the app's state folder. Another version of Doskara may check more, and starts with none. */
export async function readGoodScripts(state: string): Promise<GoodScripts> {
  const file = join(state, 'good-scripts');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return {
    has: (script) => lines.includes(describe(script)),
    async add(scripts) {
      // what deps.sh needs must be in each commit
      const added = scripts.filter(({ name }) => name !== DEPS).map(describe);
      if (added.length === 0) return;
      const kept = [...added, ...lines].slice(0, MAX_SCRIPTS);
      await replaceFile(file, kept.map((line) => `${line}\n`).join('')).catch(() => {});
    },
  };
}

const describe = ({ name, entry }: FoundScript) => `${VERSION_AND_SOURCE} ${name} ${entry.mode} ${entry.object}`;
