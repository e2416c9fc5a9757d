import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Files } from '../rig/clone.ts';
import type { Engine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';
import { type Case, type CaseResult, runCase } from './cases.ts';
import { Rivals } from './rivals.ts';

/** The second push of an app with many packages, each contender after a first one of its own. */
export async function runDependencies({ host, address }: Engine, registry: string, pairs: number): Promise<CaseResult> {
  await importDebian(host);
  const { url, server } = await startProxy(address);
  const platform = await Platform.start(
    mkdtempSync(join(tmpdir(), 'doskara-bench-')),
    { dockerHost: host, registry },
    { DOSKARA_BASE_IMAGE: DEBIAN_IMAGE },
  );
  const rivals = await Rivals.start(platform, DEBIAN_IMAGE);
  const each: Case = {
    name: 'real dependencies: apt installs 100 packages, one-line push',
    goal: '≤ 0.30',
    files: () => appWithDependencies(url),
    contenders: ['doskara', 'shell'],
    refspec: 'HEAD:main',
  };
  try {
    return await runCase(platform, rivals, pairs, each, 'dependencies');
  } finally {
    await rivals.stop();
    await platform.stop();
    server.close();
  }
}

/** An image of Debian, made from the mirror that this machine itself uses. */
const DEBIAN_IMAGE = 'doskara-bench:debian';

async function importDebian(dockerHost: string): Promise<void> {
  process.stderr.write('an image of Debian\n');
  const tree = mkdtempSync(join(tmpdir(), 'doskara-bench-'));
  await asRoot('debootstrap', '--variant=minbase', 'bookworm', tree);
  const tar = execa('tar', ['-C', tree, '-c', '.'], { buffer: false });
  await tar.pipe('/usr/bin/docker', ['import', '-', DEBIAN_IMAGE], { env: { DOCKER_HOST: dockerHost } });
  await asRoot('rm', '-rf', tree);
}

/** The engine's containers reach this machine and nothing else: what they fetch goes through here. */
async function startProxy(address: string): Promise<{ url: string; server: Server }> {
  const server = createServer((asked, answer) => {
    const onward = request(asked.url ?? '', { method: asked.method, headers: asked.headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    onward.on('error', () => answer.writeHead(502).end());
    asked.pipe(onward);
  }).listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  return { url: `http://${address}:${typeof bound === 'object' ? bound?.port : 0}`, server };
}

/** An app whose build.sh installs some 100 packages, and a line that changes. */
function appWithDependencies(proxy: string): Files {
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
