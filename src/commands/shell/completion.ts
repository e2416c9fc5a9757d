import type { Command } from 'commander';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { type Facts, readFacts } from './spec.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS: Record<string, (facts: readonly Facts[]) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const SHELLS = Object.keys(SCRIPTS);

/** `doskara completion bash|zsh|fish`: a script that completes what commander knows, and asks `doskara complete` for names. */
export function completion(shell: string, doskara: Command): string {
  return SCRIPTS[shell]?.(readFacts(doskara)) ?? '';
}
