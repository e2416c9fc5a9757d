import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { BASE_IMAGE } from '../rig/engine.ts';
import type { Platform } from '../rig/platform.ts';
import { publicKey, type Sshd, startSshd, USER } from '../rig/sshd.ts';

/** What builds a push. `before` is an earlier Doskara, `bare` a repository without a hook. */
export type Contender = 'doskara' | 'before' | 'shell' | 'docker-over-ssh' | 'bare';

/** What people write instead of Doskara: two bash hooks, and the build.sh that one of them calls. */
export class Rivals {
  /** An earlier Doskara, to compare with. */
  readonly before: Platform | undefined;
  readonly #platform: Platform;
  readonly #folder: string;
  readonly #sshd: Sshd;
  readonly #baseImage: string;

  private constructor(platform: Platform, before: Platform | undefined, folder: string, sshd: Sshd, baseImage: string) {
    this.#platform = platform;
    this.before = before;
    this.#folder = folder;
    this.#sshd = sshd;
    this.#baseImage = baseImage;
  }

  /**
   * Their own factory, with an account that may run docker. Like ours, it has a home of its own: rivals should not pay
   * for the .bashrc of whoever runs the benchmark.
   */
  static async start(platform: Platform, before?: Platform, baseImage = BASE_IMAGE): Promise<Rivals> {
    const folder = join(platform.folder, 'rivals');
    const home = join(folder, 'home');
    for (const path of [home, join(folder, 'bin')]) mkdirSync(path, { recursive: true });
    const sshd = await startSshd(join(folder, 'factory'), {
      ...platform.shared.env,
      PATH: `${join(folder, 'docker')}:/usr/bin:/bin`,
      HOME: home,
    });
    writeFileSync(sshd.authorizedKeys, `${publicKey(join(platform.portHome, '.ssh/id_ed25519'))}\n`);
    writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${sshd.sshPort} ${sshd.hostKey}\n`);
    const rivals = new Rivals(platform, before, folder, sshd, baseImage);
    rivals.#write('ssh_config', rivals.#sshConfig());
    rivals.#write('bin/ssh', `#!/bin/sh\nexec /usr/bin/ssh -F ${folder}/ssh_config "$@"\n`);
    rivals.#write('docker/docker', `#!/bin/sh\nexec ${platform.shared.docker} "$@"\n`);
    rivals.#write('build.sh', BUILD_SH);
    return rivals;
  }

  async stop(): Promise<void> {
    await this.#sshd.stop();
  }

  /** Where a contender's repositories are. */
  platformOf(contender: Contender): Platform {
    return contender === 'before' && this.before ? this.before : this.#platform;
  }

  /** Creates an app's repository for one of the contenders. */
  async createRepository(app: string, contender: Contender): Promise<void> {
    const platform = this.platformOf(contender);
    if (contender === 'doskara' || contender === 'before') return void (await platform.doskara('create', app));
    const path = platform.repository(app);
    await execa('git', ['init', '--quiet', '--bare', '-b', 'main', path]);
    if (contender === 'bare') return;
    const hook = contender === 'shell' ? this.#shellHook(app) : this.#dockerHook(app);
    writeFileSync(join(path, 'hooks/post-receive'), hook, { mode: 0o755 });
  }

  #write(name: string, text: string): void {
    const path = join(this.#folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }

  #sshConfig(): string {
    return `Host factory
  HostName 127.0.0.1
  Port ${this.#sshd.sshPort}
  User ${USER}
  IdentityFile ${join(this.#platform.portHome, '.ssh/id_ed25519')}
  IdentityAgent none
  UserKnownHostsFile ${this.#folder}/known_hosts
  GlobalKnownHostsFile /dev/null
`;
  }

  /** The hook that a user would write; the commit is for the image's label, which shows that the image is the pushed commit's. */
  #shellHook(app: string): string {
    return `#!/bin/bash
set -o pipefail
while read -r old new ref; do
  [ "$ref" = refs/heads/main ] || continue
  git archive --format=tar.gz "$new" | ${this.#folder}/bin/ssh factory "${this.#folder}/build.sh ${app} ${this.#platform.shared.registry} ${this.#baseImage} $new"
done
`;
  }

  /** The same with docker alone; the app has its own Dockerfile. */
  #dockerHook(app: string): string {
    const image = `${this.#platform.shared.registry}/${app}`;
    const { DOCKER_CONFIG } = this.#platform.shared.env;
    return `#!/bin/bash
set -o pipefail
export DOCKER_HOST=ssh://factory DOCKER_CONFIG=${DOCKER_CONFIG} PATH=${this.#folder}/bin:${this.#folder}/docker:/usr/bin:/bin DOCKER_BUILDKIT=1
while read -r old new ref; do
  [ "$ref" = refs/heads/main ] || continue
  git archive --format=tar "$new" | docker build -q -t ${image} --label org.opencontainers.image.revision=$new - && docker push -q ${image}
done
`;
  }
}

const BUILD_SH = `#!/bin/bash
# build.sh APP REGISTRY BASE_IMAGE COMMIT < app.tar.gz
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/app.tar.gz"
cat >"$folder/Dockerfile" <<END
FROM $3
WORKDIR /app
ADD app.tar.gz /app/
RUN if [ -e deps.sh ]; then /bin/sh -e ./deps.sh; fi && /bin/sh ./build.sh
CMD ["/bin/sh", "./run.sh"]
END
DOCKER_BUILDKIT=1 docker build --progress=plain -t "$2/$1" --label "org.opencontainers.image.revision=$4" "$folder" 2>&1
docker push "$2/$1"
`;
