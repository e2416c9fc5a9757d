import { expect, test } from 'vitest';
import { readCommitTree } from '../../../src/builds/preflight/commit-tree.ts';
import type { BoundedGit } from '../../../src/port/git/bounded-git.ts';

/** A git whose commits have these files. */
const gitWith = (paths: Iterable<string>): BoundedGit => ({
  async *list() {
    for (const path of paths) yield `100644 blob ${'0'.repeat(40)}\t${path}`;
  },
  ask: () => Promise.reject(new Error('it asks nothing else')),
});

function* many(path: string) {
  for (;;) yield path;
}

const read = (paths: Iterable<string>) => readCommitTree(gitWith(paths), 'HEAD', 1000, () => true);
const deep = (length: number) => 'folder/'.repeat(length).slice(0, length - 1);

test.each([
  ['a folder whose name is too long', `a/${'b'.repeat(256)}/run.sh`],
  ['a path that is too long', `${deep(4096)}/run.sh`],
])('%s is refused with the beginning of its name', async (_, path) => {
  await expect(read([path])).rejects.toMatchObject({
    code: 'name-too-long',
    exitCode: 3,
    message: expect.stringContaining(`the name "${path.slice(0, 100)}…" is longer than Linux allows`),
  });
});

test('paths as long as Linux allows are read', async () => {
  const paths = [`a/${'b'.repeat(255)}/run.sh`, `${deep(4000)}/run.sh`];
  expect((await read(paths)).entries.map(({ path }) => path)).toEqual(paths);
});

test('names that are too long together are refused', async () => {
  await expect(read(many(`${deep(4000)}/run.sh`))).rejects.toMatchObject({ code: 'names-too-long', exitCode: 3 });
});
