import { accessSync, constants } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Trouble } from './errors.ts';
import { exec } from './exec.ts';
import { EXIT } from './exit-codes.ts';

/** The owner of any of these parts of a repository controls what git runs in it, or where we write. */
const PARTS = ['', 'HEAD', 'config', 'objects', 'refs', 'hooks', 'doskara'];

/**
 * As root, becomes the owner of the folders for good: a repository's configuration may run programs, which must not run
 * as root. Other users stay who they are. Resolves to the name of the user who started this process. Rejects with exit
 * code 2 if the folders have several owners.
 */
export async function becomeOwner(folders: readonly string[]): Promise<string> {
  const starter = process.env['SUDO_USER'] ?? userInfo().username;
  if (process.getuid?.() === 0) await stopBeingRoot(folders);
  leaveForbiddenFolder();
  return starter;
}

async function stopBeingRoot(folders: readonly string[]): Promise<void> {
  const [uid, ...others] = new Set(await Promise.all(folders.map(ownerOf)));
  if (others.length > 0) throw severalOwners();
  if (uid !== undefined && uid !== 0) await becomeUser(uid);
}

/** Root counts as owner only if all parts and parent folders are root's, so that nobody else can replace them. */
async function ownerOf(folder: string): Promise<number> {
  const owners = await uidsOf(PARTS.map((part) => join(folder, part)));
  const [uid, ...others] = owners.filter((owner) => owner !== 0);
  if (others.length > 0) throw mixedOwners(folder);
  if (uid !== undefined) return uid;
  const ways = [...ancestors(resolve(folder)), ...ancestors(await realpath(folder))];
  if ((await uidsOf(ways)).some((owner) => owner !== 0)) throw lentToRoot(folder);
  return 0;
}

/** The distinct owners of those paths that exist; of a symbolic link, its own and its target's. */
async function uidsOf(paths: string[]): Promise<number[]> {
  const found = await Promise.all(
    paths.flatMap((path) => [lstat(path), stat(path)].map((stats) => stats.catch(() => {}))),
  );
  return [...new Set(found.flatMap((stats) => stats?.uid ?? []))];
}

/** `/srv/git/x` → `/srv/git/x`, `/srv/git`, `/srv`, `/`. */
function ancestors(path: string): string[] {
  return path === '/' ? [path] : [path, ...ancestors(dirname(path))];
}

async function becomeUser(uid: number): Promise<void> {
  const { name, gid, home } = await lookUpUser(uid);
  (process as PosixProcess).initgroups(name, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
  Object.assign(process.env, { HOME: home, USER: name, LOGNAME: name });
  delete process.env['XDG_CONFIG_HOME'];
  delete process.env['SSH_AUTH_SOCK'];
}

/** Root may be in /root, which other users cannot enter: execa would fail to start programs there. */
function leaveForbiddenFolder(): void {
  try {
    accessSync(process.cwd(), constants.X_OK);
  } catch {
    process.chdir('/');
  }
}

/** In node's documentation, not in its types: https://nodejs.org/api/process.html#processinitgroupsuser-extragroup */
type PosixProcess = NodeJS.Process & { initgroups(user: string, extraGroup: number): void };

/** From passwd(5), through NSS. */
async function lookUpUser(uid: number): Promise<{ name: string; gid: number; home: string }> {
  const { stdout } = await exec(['getent', 'passwd', String(uid)], { cwd: '/' });
  const [name = '', , , gid, , home = '/'] = stdout.trimEnd().split(':');
  if (gid === undefined) throw noSuchUser(uid);
  return { name, gid: Number(gid), home };
}

function noSuchUser(uid: number): Trouble {
  return new Trouble('no-such-user', EXIT.usage, `no user has uid ${uid}, which owns these files`, {
    hint: 'give them to an existing user: chown -R USER: FOLDER',
  });
}

function severalOwners(): Trouble {
  return new Trouble('several-owners', EXIT.usage, 'these repositories belong to different users', {
    hint: 'name the repositories of one user at a time',
  });
}

function mixedOwners(folder: string): Trouble {
  return new Trouble('mixed-owners', EXIT.usage, `files in ${folder} belong to different users`, {
    hint: `look at it, and give it to one user: ls -l ${folder}; chown -R USER: ${folder}`,
  });
}

function lentToRoot(folder: string): Trouble {
  return new Trouble('lent-to-root', EXIT.usage, `${folder} belongs to root, but another user can move it`, {
    hint: `give it to the user who should own it: chown -R USER: ${folder}`,
  });
}
