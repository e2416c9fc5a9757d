import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Platform } from './platform.ts';
import { makeKey } from './sshd.ts';

/** Expects the command to be refused, with one error and one hint. */
export async function expectRefusal(platform: Platform, args: string[], said: string, hint: string): Promise<void> {
  const { exitCode, all } = await platform.doskara(...args);
  expect(all).toBe(`error: ${said}\nhint: ${hint}`);
  expect(exitCode).toBe(2);
}

/** Adds a key for some apps. */
export async function addKey(platform: Platform, name: string, apps: string): Promise<void> {
  const file = join(platform.folder, name);
  await makeKey(file);
  await platform.doskara('key', 'add', name, `${file}.pub`, '--apps', apps);
}

/** Limited keys, as name → apps. */
export async function limits(platform: Platform): Promise<Record<string, string>> {
  const { stdout } = await platform.doskara('key', 'list', '--json');
  const keys = JSON.parse(stdout) as { name: string; apps: string[] | null }[];
  return Object.fromEntries(keys.flatMap(({ name, apps }) => (apps === null ? [] : [[name, apps.join(',')]])));
}

/** The directories of backups of deleted apps. */
export function destroyed(platform: Platform): string[] {
  const folder = join(platform.root, '.destroyed');
  return existsSync(folder) ? readdirSync(folder) : [];
}
