import type { Command } from 'commander';
import { bashScript } from './shell/bash.ts';
import { fishScript } from './shell/fish.ts';
import { type Facts, readFacts } from './shell/spec.ts';
import { zshScript } from './shell/zsh.ts';
import type { AdminCommand } from './spec.ts';
import { print } from './stdout.ts';

const SCRIPTS: Record<string, (facts: readonly Facts[]) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const SHELLS = Object.keys(SCRIPTS);

export const completion: AdminCommand = {
  name: 'completion',
  summary: 'print a completion script for your shell',
  who: 'admin',
  arguments: [{ name: 'shell', choices: SHELLS }],
  async run([shell]: [string], _options, { program }) {
    print(completionScript(shell, program));
  },
};

/** Completes commands and options by itself, and asks `doskara complete` for apps, commits, builds and keys. */
export function completionScript(shell: string, program: Command): string {
  return SCRIPTS[shell]?.(readFacts(program)) ?? '';
}
