import { access, constants, statfs } from 'node:fs/promises';
import { execa } from 'execa';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatBytes } from '../quantities.ts';
import { openDocker } from './docker.ts';
import type { Screen } from './screen.ts';
import type { FactorySettings } from './settings.ts';

interface Finding {
  ok: boolean;
  text: string;
}

/** Says, one line per finding, whether this factory is able to build. */
export async function checkFactory(settings: FactorySettings, screen: Screen): Promise<ExitCode> {
  const findings = await Promise.all([
    checkCli(settings),
    checkEngine(settings),
    checkBaseImage(settings),
    checkSpool(settings),
  ]);
  for (const { ok, text } of findings) screen.raw(`${ok ? 'ok:' : 'error:'} ${text}`);
  screen.raw(`ok: the warehouse is ${settings.registry}`);
  return findings.every(({ ok }) => ok) ? EXIT.built : EXIT.factory;
}

const BUILDERS = {
  buildx: 'BuildKit by docker buildx',
  buildkit: 'BuildKit, inside the CLI',
  classic: 'the classic builder: no CACHE_DIR between builds; the package docker-buildx brings BuildKit',
};

async function checkCli(settings: FactorySettings): Promise<Finding> {
  try {
    const { clientVersion, builder } = await openDocker(settings, AbortSignal.abort());
    return { ok: true, text: `docker CLI ${clientVersion} (${settings.docker}): ${BUILDERS[builder]}` };
  } catch {
    return { ok: false, text: `no docker CLI at ${settings.docker}: apt-get install docker.io, or set DOSKARA_DOCKER` };
  }
}

async function checkEngine({ docker }: FactorySettings): Promise<Finding> {
  const { failed, stdout } = await execa(docker, ['version', '--format', '{{.Server.Version}}'], { reject: false });
  return failed
    ? { ok: false, text: 'the Docker Engine does not answer: service docker start' }
    : { ok: true, text: `Docker Engine ${stdout}` };
}

async function checkBaseImage({ docker, baseImage }: FactorySettings): Promise<Finding> {
  const { failed } = await execa(docker, ['image', 'inspect', '--format', '{{.Id}}', '--', baseImage], {
    reject: false,
  });
  return { ok: true, text: `base image ${baseImage}${failed ? ' (not here yet: the first build pulls it)' : ''}` };
}

async function checkSpool({ spool }: FactorySettings): Promise<Finding> {
  try {
    await access(spool, constants.W_OK);
    const { bavail, bsize } = await statfs(spool);
    return { ok: true, text: `${spool} is writable, ${formatBytes(bavail * bsize)} free` };
  } catch {
    return { ok: false, text: `${spool} is not writable: install -d -o docker -g docker -m 700 ${spool}` };
  }
}
