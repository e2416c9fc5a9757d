import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Files } from '../rig/clone.ts';
import type { DockerCli, Engine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';
import { type Case, type CaseResult, runCase } from './cases.ts';
import { type Gateway, openMirror, openRegistry } from './gateway.ts';
import { lockFile } from './npm-app.ts';
import { Rivals } from './rivals.ts';

/** The second push of apps with many packages, after each contender's own first push. */
export async function runDependencies({ docker, env, address }: Engine, registry: string, pairs: number) {
  await makeBaseImage({ docker, env });
  const platform = await Platform.start(
    mkdtempSync(join(tmpdir(), 'doskara-bench-')),
    { docker, env, registry },
    { DOSKARA_BASE_IMAGE: BASE_IMAGE },
  );
  const rivals = await Rivals.start(platform, BASE_IMAGE);
  const results: CaseResult[] = [];
  try {
    for (const [kind, { open, files }] of Object.entries(KINDS)) {
      const gateway = await open(address);
      const each: Case = {
        name: `real dependencies: ${kind}, one-line push`,
        goal: '≤ 0.30',
        files: await files(gateway.url),
        contenders: ['doskara', 'shell'],
        refspec: 'HEAD:main',
      };
      process.stderr.write(`${each.name}\n`);
      results.push(await runCase(platform, rivals, pairs, each, `dependencies-${results.length}`));
      gateway.close();
    }
    return results;
  } finally {
    await rivals.stop();
    await platform.stop();
  }
}

interface Kind {
  open: (address: string) => Promise<Gateway>;
  files: (url: string) => Promise<() => Files>;
}

const KINDS: Record<string, Kind> = {
  'npm ci of 551 packages': { open: openRegistry, files: npmApp },
  'apt installs 100 packages': { open: openMirror, files: async (url) => () => aptApp(url) },
};

const BASE_IMAGE = 'doskara-bench:debian';

/** Debian from this machine's own mirror, with the current node and the npm beside it. */
async function makeBaseImage({ docker, env }: DockerCli): Promise<void> {
  process.stderr.write('an image of Debian with node and npm\n');
  const tree = mkdtempSync(join(tmpdir(), 'doskara-bench-'));
  await asRoot('debootstrap', '--variant=minbase', 'bookworm', tree);
  const modules = (await execa('npm', ['root', '--global'])).stdout.trim();
  await asRoot('mkdir', '-p', join(tree, 'usr/local/lib/node_modules'));
  await asRoot('cp', '-rL', process.execPath, join(tree, 'usr/local/bin/node'));
  await asRoot('cp', '-r', join(modules, 'npm'), join(tree, 'usr/local/lib/node_modules/npm'));
  await asRoot('ln', '-s', '../lib/node_modules/npm/bin/npm-cli.js', join(tree, 'usr/local/bin/npm'));
  const tar = execa('tar', ['-C', tree, '-c', '.'], { buffer: false });
  await tar.pipe(docker, ['import', '-', BASE_IMAGE], { env });
  await asRoot('rm', '-rf', tree);
}

/** An app whose build.sh installs about 100 packages, and a line that changes. */
function aptApp(proxy: string): Files {
  const packages = 'build-essential python3-dev python3-pip nodejs';
  return {
    'build.sh': `set -e
export http_proxy=${proxy} DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null
apt-get install -y -qq --no-install-recommends ${packages} >/dev/null
dpkg-query -l | wc -l
`,
    'run.sh': 'true\n',
    'version.txt': '0\n',
  };
}

async function npmApp(registry: string): Promise<() => Files> {
  const files: Files = {
    ...(await lockFile()),
    'build.sh': `set -e
export npm_config_registry=${registry} npm_config_replace_registry_host=always
npm ci --no-audit --no-fund >/dev/null
ls node_modules | wc -l
`,
    'run.sh': 'true\n',
    'version.txt': '0\n',
  };
  return () => files;
}
