/** The steps of a Dockerfile, by docker's names for them: `[build 3/7] RUN npm ci`, or `Step 3/7 : RUN npm ci`. */
import type { Progress } from './progress.ts';

/** Whether a step is an instruction other than FROM. */
export function isInstruction(name: string): boolean {
  return /^(?:\[(?:[^\]]* )?\d+\/\d+\]|Step \d+\/\d+ :) (?!FROM )/.test(name);
}

/** Whether a step runs a command. */
export function isRun(name: string): boolean {
  return /^(?:\[(?:[^\]]* )?\d+\/\d+\]|Step \d+\/\d+ :) RUN\b/.test(name);
}

/** Whether a step of our Dockerfile runs deps.sh. */
export function isDeps(name: string): boolean {
  return isRun(name) && name.endsWith('"./deps.sh"]');
}

/** Whether a step is the last one of its stage. */
export function isLast(name: string): boolean {
  return /^\[(?:[^\]]* )?(\d+)\/\1\] /.test(name);
}

/** For which platform a step is, in a build for several. */
export function platformOf(name: string): string | undefined {
  return /^\[(\w+\/\w+(?:\/v\d[\d.]*)?) /.exec(name)?.[1];
}

/** Tells which step runs, and of several at once, which one prints. */
export interface Steps {
  /** A step that runs, or does not since its result is cached. Told once, and only for instructions. */
  start(id: string, name: string, cached: boolean): Progress[];
  /** A step that prints something. */
  speak(id: string): Progress[];
}

export function makeSteps(): Steps {
  const running = new Map<string, string>();
  const spared = new Set<string>();
  let speaking: string | undefined;
  const speak = (id: string): Progress[] => {
    const name = running.get(id);
    if (speaking === id || name === undefined) return [];
    speaking = id;
    return [{ kind: 'step', name }];
  };
  return {
    start(id, name, cached) {
      if (!isInstruction(name) || running.has(id) || spared.has(id)) return [];
      if (cached) {
        spared.add(id);
        return [{ kind: 'cached', name }];
      }
      running.set(id, name);
      return speak(id);
    },
    speak,
  };
}
