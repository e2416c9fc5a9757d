import { mkdirSync } from 'node:fs';
import { execa } from 'execa';
import { expect, vi } from 'vitest';
import { Clone, type Files } from './clone.ts';
import type { Platform } from './platform.ts';

/** An app with the gate, and a clone of it. */
export async function gatedApp(platform: Platform, name: string, files?: Files): Promise<Clone> {
  await platform.create(name, '--gate');
  return platform.app(name, files);
}

/** Another pusher's clone of the same app. */
export async function cloneOf(platform: Platform, app: Clone): Promise<Clone> {
  const folder = `${app.folder}-too`;
  mkdirSync(folder);
  const url = (await app.git('remote', 'get-url', 'doskara')).stdout;
  const clone = new Clone(folder, app.app, platform.pusherEnv);
  await clone.git('clone', '--quiet', '--origin', 'doskara', url, '.');
  return clone;
}

/** Runs git in the repository on port. */
export function gitOnPort(platform: Platform, app: string, ...args: string[]) {
  return execa('git', ['-C', platform.repository(app), ...args], { reject: false, all: true });
}

/** The commit of a ref on port; empty if there is none. */
export async function headOf(platform: Platform, app: string, ref = 'refs/heads/main'): Promise<string> {
  return (await gitOnPort(platform, app, 'rev-parse', '--verify', '--quiet', ref)).stdout;
}

export async function untilLogged(platform: Platform, app: string, number: number, text: string): Promise<void> {
  const log = () => (platform.hasRecord(app, number) ? platform.log(app, number) : '');
  await vi.waitFor(() => expect(log()).toContain(text), { timeout: 60_000 }); // in concurrent tests, too
}
