/** What a machine of a release is made from. */
export interface Release {
  name: string;
  mirror: string;
  /** Where the release's keys are, by the name of Debian's file. */
  keyring: 'debian-archive-keyring.gpg' | 'ubuntu-archive-keyring.gpg';
  components: string;
  /** For apt, one line a suite. */
  sources: string[];
}

export const RELEASES = ['bookworm', 'trixie', 'forky', 'noble'] as const;
type Name = (typeof RELEASES)[number];

export const isRelease = (name: string): name is Name => RELEASES.some((release) => release === name);

/** With this machine's own mirror for what its own distribution publishes. */
export function releaseNamed(name: Name, mirrors: { debian: string; ubuntu: string }): Release {
  return name === 'noble' ? ubuntu(name, mirrors.ubuntu) : debian(name, mirrors.debian);
}

function debian(name: Name, mirror: string): Release {
  const updates = [`deb ${mirror} ${name}-updates main`, `deb ${mirror}-security ${name}-security main`];
  return {
    name,
    mirror,
    keyring: 'debian-archive-keyring.gpg',
    components: 'main',
    sources: [`deb ${mirror} ${name} main`, ...(name === 'forky' ? [] : updates)],
  };
}

function ubuntu(name: Name, mirror: string): Release {
  const components = 'main universe';
  return {
    name,
    mirror,
    keyring: 'ubuntu-archive-keyring.gpg',
    components: 'main,universe',
    sources: ['', '-updates', '-security'].map((suite) => `deb ${mirror} ${name}${suite} ${components}`),
  };
}
