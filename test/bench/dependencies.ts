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

/** Pushes of apps with many packages, after each contender's own first push: our deps.sh against the rival's build.sh. */
export async function runDependencies({ docker, env, address }: Engine, registry: string, pairs: number) {
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

interface Kind {
  open: (address: string) => Promise<Gateway>;
  files: (url: string) => Promise<Files>;
  /** The app with one package more, or without it again. */
  onePackage: (files: Files, run: number) => Files;
}

const KINDS: Record<string, Kind> = {
  'npm ci of 551 packages': { open: openRegistry, files: npmApp, onePackage: npmPackage },
  'apt installs 100 packages': { open: openMirror, files: async (url) => aptApp(url), onePackage: aptPackage },
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

/** An app that installs about 100 packages. */
function aptApp(proxy: string): Files {
  return {
    'packages.txt': 'build-essential python3-dev python3-pip nodejs\n',
    'deps.sh': `# needs: packages.txt
export http_proxy=${proxy} DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null
apt-get install -y -qq --no-install-recommends $(cat packages.txt) >/dev/null
`,
    'build.sh': 'dpkg-query -l | wc -l\n',
    'run.sh': 'true\n',
    'version.txt': '0\n',
  };
}

function aptPackage(files: Files, run: number): Files {
  return { 'packages.txt': `${files['packages.txt']}${run % 2 === 0 ? 'jq' : 'tree'}\n` };
}

async function npmApp(registry: string): Promise<Files> {
  return {
    ...(await lockFile()),
    'with-one-more.json': JSON.stringify(await lockFile({ dayjs: '1.11.13' })),
    'deps.sh': `# needs: package.json package-lock.json
export npm_config_registry=${registry} npm_config_replace_registry_host=always
npm ci --no-audit --no-fund >/dev/null
`,
    'build.sh': 'ls node_modules | wc -l\n',
    'run.sh': 'true\n',
    'version.txt': '0\n',
  };
}

function npmPackage(files: Files, run: number): Files {
  const { 'package.json': own = '', 'package-lock.json': lock = '' } = files;
  if (run % 2 === 1) return { 'package.json': own, 'package-lock.json': lock };
  return JSON.parse(String(files['with-one-more.json'])) as Files;
}
