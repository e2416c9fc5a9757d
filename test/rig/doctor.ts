import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Platform } from './platform.ts';

/** As `doskara doctor --json` prints it. */
export interface Diagnosis {
  level: string;
  subject: string;
  code: string;
  where: string;
  text: string;
  hint: string | null;
}

/** The timer, sshd's settings and cgroups depend on the machine. */
const OF_THE_MACHINE = ['timer', 'sshd', 'build-limits'];

/** Doctor's warnings and errors. */
export async function wrongWith(platform: Platform): Promise<{ exitCode: number | undefined; found: Diagnosis[] }> {
  const { exitCode, stdout } = await platform.doskara('doctor', '--json');
  const all = JSON.parse(stdout) as (Diagnosis & { app: string | null })[];
  const found = all.map(({ app: _, ...diagnosis }) => diagnosis); // its text begins with the app
  return { exitCode, found: found.filter(({ level, subject }) => level !== 'ok' && !OF_THE_MACHINE.includes(subject)) };
}

/** `about` is level and subject, such as `error hook`; text and hint only have to match. */
export function finding(about: string, where: string, text: string | RegExp, hint: string | RegExp): Diagnosis {
  const [level = '', subject = ''] = about.split(' ');
  return {
    level,
    subject,
    code: expect.stringMatching(/^[a-z-]+$/),
    where,
    text: expect.stringMatching(text),
    hint: expect.stringMatching(hint),
  };
}

/** Changes a file while `during` runs. */
export async function whileChanged(
  file: string,
  change: (text: string) => string,
  during: () => Promise<void>,
): Promise<void> {
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, change(before));
  await during();
  writeFileSync(file, before);
}
