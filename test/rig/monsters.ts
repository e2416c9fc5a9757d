import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { execa } from 'execa';

/** Runs git in a repository; resolves with its output. */
async function git(folder: string, args: string[], input: string | Buffer = ''): Promise<string> {
  const env = { GIT_AUTHOR_NAME: 'Eve', GIT_AUTHOR_EMAIL: 'eve@example.org' };
  const committer = { GIT_COMMITTER_NAME: 'Eve', GIT_COMMITTER_EMAIL: 'eve@example.org' };
  return (await execa('git', ['-C', folder, ...args], { input, env: { ...env, ...committer } })).stdout;
}

const list = (count: number, entry: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${entry(i)}\n`).join('');

/** Ten directories in each directory, ten levels deep, all the same object: 10^10 files (or `leaf`) in a dozen objects. */
export async function treeBomb(folder: string, leaf: (i: number) => string): Promise<string> {
  let tree = await git(folder, ['mktree', '--missing'], list(10, leaf));
  for (let level = 0; level < 9; level++)
    tree = await git(
      folder,
      ['mktree'],
      list(10, (i) => `040000 tree ${tree}\td${i}`),
    );
  return tree;
}

/** A commit of two scripts and another tree, named z. */
export async function commitWith(folder: string, tree: string, name = 'z'): Promise<string> {
  const script = await git(folder, ['hash-object', '-w', '--stdin'], 'true\n');
  const scripts = list(2, (i) => `100644 blob ${script}\t${['build.sh', 'run.sh'][i]}`);
  const top = await git(folder, ['mktree'], `${scripts}040000 tree ${tree}\t${name}\n`);
  return git(folder, ['commit-tree', top, '-m', 'monstrous']);
}

/** A directory in a directory in a directory …, as one pack rather than thousands of files. */
export async function nestedFolders(folder: string, depth: number): Promise<string> {
  let name = Buffer.from(await git(folder, ['hash-object', '-t', 'tree', '-w', '--stdin']), 'hex');
  const objects = Array.from({ length: depth }, () => {
    const tree = Buffer.concat([Buffer.from('40000 d\0'), name]);
    name = createHash('sha1').update(`tree ${tree.length}\0`).update(tree).digest();
    return Buffer.concat([Buffer.from([(2 << 4) | (tree.length & 15) | 128, tree.length >> 4]), deflateSync(tree)]);
  });
  const header = Buffer.from('5041434b0000000200000000', 'hex');
  header.writeUInt32BE(depth, 8);
  const pack = Buffer.concat([header, ...objects]);
  await git(folder, ['index-pack', '--stdin'], Buffer.concat([pack, createHash('sha1').update(pack).digest()]));
  return name.toString('hex');
}

/** A commit for which git archive takes hours to say what it would leave out. */
export async function slowCommit(folder: string): Promise<string> {
  const format = '$Format:%an %ae %aD %cn %ce %cD %H %T$\n'.repeat(5000);
  const blob = await git(folder, ['hash-object', '-w', '--stdin'], format);
  const slow = await git(
    folder,
    ['mktree'],
    list(150_000, (i) => `100644 blob ${blob}\tf${i}`),
  );
  const script = await git(folder, ['hash-object', '-w', '--stdin'], 'true\n');
  const attributes = await git(folder, ['hash-object', '-w', '--stdin'], 'a/* export-subst\nb export-ignore\n');
  const top = await git(
    folder,
    ['mktree'],
    `100644 blob ${attributes}\t.gitattributes\n040000 tree ${slow}\ta\n${list(2, (i) => `100644 blob ${script}\t${['build.sh', 'run.sh'][i]}`)}`,
  );
  return git(folder, ['commit-tree', top, '-m', 'slow']);
}

/** A symbolic link with a target of this many bytes. */
export async function longLink(folder: string, bytes: number): Promise<string> {
  const target = await execa(
    'sh',
    ['-c', `head -c ${bytes} /dev/zero | git -c core.compression=1 hash-object -w --stdin`],
    {
      cwd: folder,
    },
  );
  const script = await git(folder, ['hash-object', '-w', '--stdin'], 'true\n');
  const top = await git(folder, ['mktree'], `120000 blob ${target.stdout}\tbuild.sh\n100644 blob ${script}\trun.sh\n`);
  return git(folder, ['commit-tree', top, '-m', 'a long link']);
}

/** A commit that git archive would expand in memory to many times its size. */
export async function swellingCommit(folder: string): Promise<string> {
  const blob = await git(folder, ['hash-object', '-w', '--stdin'], '$Format:%B$\n'.repeat(20_000));
  const attributes = await git(folder, ['hash-object', '-w', '--stdin'], 'big export-subst\n');
  const script = await git(folder, ['hash-object', '-w', '--stdin'], 'true\n');
  const files = [`${attributes}\t.gitattributes`, `${blob}\tbig`, `${script}\tbuild.sh`, `${script}\trun.sh`];
  const top = await git(folder, ['mktree'], files.map((file) => `100644 blob ${file}\n`).join(''));
  return git(folder, ['commit-tree', top, '-F', '-'], 'a long message '.repeat(7000));
}
