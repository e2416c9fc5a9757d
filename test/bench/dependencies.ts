import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DockerCli, Engine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';
import { type Case, type CaseResult, runCase } from './cases.ts';
import { KINDS } from './package-managers.ts';
import { Rivals } from './rivals.ts';

/** Pushes of apps with many packages, after each contender's own first push: our deps.sh against the rival's build.sh. */
export async function runDependencies(
  { docker, env, address }: Engine,
  registry: string,
  pairs: number,
  only: string,
): Promise<CaseResult[]> {
  await makeBaseImage({ docker, env });
  const platform = await Platform.start(
    mkdtempSync(join(tmpdir(), 'doskara-bench-')),
    { docker, env, registry },
    { DOSKARA_BASE_IMAGE: BASE_IMAGE },
  );
  const rivals = await Rivals.start(platform, undefined, BASE_IMAGE);
  const results: CaseResult[] = [];
  try {
    for (const [kind, { open, files, onePackage }] of Object.entries(KINDS)) {
      if (!`dependencies: ${kind}`.includes(only)) continue;
      const gateway = await open(address);
      const all = await files(gateway.url);
      const each: Pick<Case, 'files' | 'contenders' | 'verdict'> = {
        files: () => all,
        contenders: ['doskara', 'shell'],
        verdict: 'built',
      };
      const cases: Case[] = [
        { ...each, name: `dependencies unchanged: ${kind}`, goal: { forky: 0.15, system: 0.2 } },
        {
          ...each,
          name: `dependencies changed by one package: ${kind}`,
          goal: { forky: 0.6, system: 0.8 },
          change: (run) => onePackage(all, run),
        },
      ];
      for (const one of cases) results.push(await runCase(rivals, pairs, one, `dependencies-${results.length}`));
      gateway.close();
    }
    return results;
  } finally {
    await rivals.stop();
    await platform.stop();
  }
}

const BASE_IMAGE = 'doskara-bench:debian';

const PACKAGES = ['npm', 'python3-pip', 'python3-venv', 'cargo', 'golang-go', 'maven'];

/** Debian from this machine's own mirror, with package managers, and the certificates that this machine trusts. */
async function makeBaseImage({ docker, env }: DockerCli): Promise<void> {
  process.stderr.write('an image of Debian with package managers\n');
  const tree = mkdtempSync(join(tmpdir(), 'doskara-bench-'));
  await asRoot('debootstrap', '--variant=minbase', 'trixie', tree);
  const install = ['apt-get', 'install', '--yes', '--quiet=2', '--no-install-recommends', ...PACKAGES];
  // openjdk cannot be configured without /proc
  const chroot = 'mount --bind /proc "$0/proc" && exec chroot "$0" "$@"';
  await asRoot('unshare', '--mount', 'sh', '-c', chroot, tree, 'env', 'DEBIAN_FRONTEND=noninteractive', ...install);
  await asRoot('cp', '/etc/ssl/certs/ca-certificates.crt', join(tree, 'etc/ssl/certs/ca-certificates.crt'));
  const tar = execa('tar', ['-C', tree, '-c', '.'], { buffer: false });
  await tar.pipe(docker, ['import', '-', BASE_IMAGE], { env });
  await asRoot('rm', '-rf', tree);
}
