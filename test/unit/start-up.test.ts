import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** The packages that an entry loads at startup; those behind `import()` don't count. */
async function loadedAtStart(entry: string): Promise<Set<string>> {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    external: ['cpu-features'],
    loader: { '.node': 'empty' },
    logLevel: 'silent',
  });
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) if (kind !== 'dynamic-import') visit(path);
  };
  visit(entry);
  return new Set([...seen].flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []));
}

test.each([
  ['hooks/post-receive.ts', ['ssh2', 'node-ssh', 'execa', 'tar', 'chalk', 'commander']],
  ['src/doskara.ts', ['ssh2', 'node-ssh', 'execa', 'tar', 'chalk', 'commander', 'simple-git']],
  ['src/commands/ssh/serve.ts', ['ssh2', 'node-ssh', 'execa', 'tar', 'chalk', 'commander']],
  ['src/runner.ts', ['ssh2', 'node-ssh', 'simple-git', 'chalk', 'commander']],
])('%s loads nothing at startup that only some runs need', async (entry, packages) => {
  const loaded = await loadedAtStart(entry);
  expect(packages.filter((name) => loaded.has(name))).toEqual([]);
});
