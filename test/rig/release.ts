import { join } from 'node:path';

/**
 * Which Docker to use: `forky`, the next Debian's, is current (28, buildx, containerd's image store); `system` is
 * this machine's own docker.io package (20.10 on Debian 12, 26 on 13).
 */
export type Release = 'forky' | 'system';

/** Created by system-packages.sh. */
const FORKY = '/var/cache/doskara/forky';

export function dockerCli(release: Release): string {
  return join(rootOf(release), 'usr/bin/docker');
}

/** The CLI's config.json, which makes it find only its own plugins. */
export function cliPlugins(release: Release): { cliPluginsExtraDirs?: string[] } {
  return release === 'forky' ? { cliPluginsExtraDirs: [join(FORKY, 'usr/libexec/docker/cli-plugins')] } : {};
}

/** The command that `dockerd` is started with. */
export function starter(release: Release): string[] {
  if (release === 'system') return [];
  const script = join(import.meta.dirname, 'in-root.sh');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', script, FORKY];
}

function rootOf(release: Release): string {
  return release === 'forky' ? FORKY : '/';
}
