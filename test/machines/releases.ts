/** What a machine of a release is created from. */
export interface Release {
  name: string;
  /** Empty for debootstrap's default. */
  mirror: string;
  /** The file name of the release's keyring in Debian. */
  keyring: 'debian-archive-keyring.gpg' | 'ubuntu-archive-keyring.gpg';
  components: string;
  /** For apt, one line per suite. */
  sources(mirror: string): string[];
}

export const RELEASES = ['bookworm', 'trixie', 'forky', 'noble'] as const;
type Name = (typeof RELEASES)[number];

export const isRelease = (name: string): name is Name => RELEASES.some((release) => release === name);

/** Uses this machine's own mirror for its own distribution. */
export function releaseNamed(name: Name, mirrors: { debian: string; ubuntu: string }): Release {
  return name === 'noble' ? ubuntu(name, mirrors.ubuntu) : debian(name, mirrors.debian);
}

function debian(name: Name, mirror: string): Release {
  const updates = (from: string) => [`deb ${from} ${name}-updates main`, `deb ${from}-security ${name}-security main`];
  return {
    name,
    mirror,
    keyring: 'debian-archive-keyring.gpg',
    components: 'main',
    sources: (from) => [`deb ${from} ${name} main`, ...(name === 'forky' ? [] : updates(from))],
  };
}

function ubuntu(name: Name, mirror: string): Release {
  return {
    name,
    mirror,
    keyring: 'ubuntu-archive-keyring.gpg',
    components: 'main,universe',
    sources: (from) => ['', '-updates', '-security'].map((suite) => `deb ${from} ${name}${suite} main universe`),
  };
}
