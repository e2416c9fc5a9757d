import type { Clone } from './clone.ts';

/** Adds a submodule as `git submodule add` does, without fetching it. */
export async function addSubmodule(clone: Clone, path: string, url: string, commit: string): Promise<string> {
  clone.write({ '.gitmodules': `[submodule "some name"]\n\tpath = ${path}\n\turl = ${url}\n` });
  await clone.git('add', '.gitmodules');
  await clone.git('update-index', '--add', '--cacheinfo', `160000,${commit},${path}`);
  await clone.git('commit', '--quiet', '-m', `add ${path}`);
  return (await clone.git('rev-parse', 'HEAD')).stdout;
}
