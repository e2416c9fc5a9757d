import { createHash } from 'node:crypto';
import { chmod, lstat, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** The content of a directory, one line per name; names are binary strings as in archives. */
export type Tree = Record<string, string>;

/** Unpacks a tar with GNU tar and lists the content. Directories without an entry get their mode from the umask. */
export async function unpacked(tar: Buffer, flags = '-xp'): Promise<Tree> {
  const folder = await mkdtemp(join(tmpdir(), 'doskara-tree-'));
  try {
    await execa('tar', [flags, '-C', folder], { input: tar });
    return await readTree(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function readTree(root: string): Promise<Tree> {
  const tree: Tree = {};
  const firstNames = new Map<number, string>();
  for (const name of await names(Buffer.from(root))) {
    const path = Buffer.concat([Buffer.from(`${root}/`), name]);
    const text = name.toString('latin1');
    const { ino } = await lstat(path);
    tree[text] = await describe(path, firstNames.get(ino));
    firstNames.set(ino, firstNames.get(ino) ?? text);
  }
  return tree;
}

/** All names under a directory, in byte order. */
async function names(root: Buffer, prefix = Buffer.alloc(0)): Promise<Buffer[]> {
  const found: Buffer[] = [];
  const entries = await readdir(Buffer.concat([root, Buffer.from('/'), prefix]), {
    encoding: 'buffer',
    withFileTypes: true,
  });
  for (const entry of entries.sort((a, b) => Buffer.compare(a.name, b.name))) {
    const name = Buffer.concat([prefix, entry.name]);
    found.push(name);
    if (entry.isDirectory()) found.push(...(await names(root, Buffer.concat([name, Buffer.from('/')]))));
  }
  return found;
}

async function describe(path: Buffer, sameAs: string | undefined): Promise<string> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return `-> ${await readlink(path, 'latin1')}`;
  const mode = (stats.mode & 0o777).toString(8);
  if (stats.isDirectory()) return `folder ${mode}`;
  if (sameAs !== undefined) return `same as ${sameAs}`;
  if ((stats.mode & 0o400) === 0) await chmod(path, stats.mode | 0o400); // root can read it anyway
  const hash = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return `file ${mode} of ${stats.size} bytes, ${Math.floor(stats.mtimeMs / 1000)}, ${hash}`;
}
