import { join } from 'node:path';

/**
 * Whose Docker it is: `forky`, of the next Debian, is today's (28, buildx, containerd's image store); `system` is what
 * this machine's own docker.io package has (20.10 on Debian 12, 26 on 13).
 */
export type Release = 'forky' | 'system';

/** Made by system-packages.sh. */
const FORKY = '/var/cache/doskara/forky';

export function dockerCli(release: Release): string {
  return join(rootOf(release), 'usr/bin/docker');
}

/** What is in the CLI's config.json so that it finds its own plugins, and no others. */
export function cliPlugins(release: Release): { cliPluginsExtraDirs?: string[] } {
  return release === 'forky' ? { cliPluginsExtraDirs: [join(FORKY, 'usr/libexec/docker/cli-plugins')] } : {};
}

/** What stands before `dockerd`. */
export function starter(release: Release): string[] {
  if (release === 'system') return [];
  const script = join(import.meta.dirname, 'in-root.sh');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', script, FORKY];
}

function rootOf(release: Release): string {
  return release === 'forky' ? FORKY : '/';
}
