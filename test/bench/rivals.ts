import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { BASE_IMAGE } from '../rig/engine.ts';
import type { Platform } from '../rig/platform.ts';
import { publicKey, type Sshd, startSshd, USER } from '../rig/sshd.ts';

/** What builds a push. `bare` is a repository without a hook. */
export type Contender = 'doskara' | 'shell' | 'docker-over-ssh' | 'bare';

/** What people write instead of Doskara: two bash hooks, and the build.sh that one of them calls. */
export class Rivals {
  readonly #platform: Platform;
  readonly #folder: string;
  readonly #sshd: Sshd;
  readonly #baseImage: string;

  private constructor(platform: Platform, folder: string, sshd: Sshd, baseImage: string) {
    this.#baseImage = baseImage;
    this.#platform = platform;
    this.#folder = folder;
    this.#sshd = sshd;
  }

  /** Their own factory, with an account that may run docker. */
  static async start(platform: Platform, baseImage = BASE_IMAGE): Promise<Rivals> {
    const folder = join(platform.folder, 'rivals');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    const sshd = await startSshd(join(folder, 'factory'), {
      DOCKER_HOST: platform.shared.env.DOCKER_HOST,
      PATH: '/usr/bin:/bin',
    });
    writeFileSync(sshd.authorizedKeys, `${publicKey(join(platform.portHome, '.ssh/id_ed25519'))}\n`);
    writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${sshd.sshPort} ${sshd.hostKey}\n`);
    const rivals = new Rivals(platform, folder, sshd, baseImage);
    rivals.#write('ssh_config', rivals.#sshConfig());
    rivals.#write('bin/ssh', `#!/bin/sh\nexec /usr/bin/ssh -F ${folder}/ssh_config "$@"\n`);
    rivals.#write('build.sh', BUILD_SH);
    return rivals;
  }

  async stop(): Promise<void> {
    await this.#sshd.stop();
  }

  /** Creates an app's repository for one of the contenders. */
  async createRepository(app: string, contender: Contender): Promise<void> {
    if (contender === 'doskara') return void (await this.#platform.doskara('create', app));
    const path = this.#platform.repository(app);
    await execa('git', ['init', '--quiet', '--bare', '-b', 'main', path]);
    if (contender === 'bare') return;
    const hook = contender === 'shell' ? this.#shellHook(app) : this.#dockerHook(app);
    writeFileSync(join(path, 'hooks/post-receive'), hook, { mode: 0o755 });
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text);
    chmodSync(join(this.#folder, name), 0o755);
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

  /** The hook that a user would write. */
  #shellHook(app: string): string {
    return `#!/bin/bash
set -o pipefail
while read -r old new ref; do
  [ "$ref" = refs/heads/main ] || continue
  git archive --format=tar.gz "$new" | ${this.#folder}/bin/ssh factory "${this.#folder}/build.sh ${app} ${this.#platform.shared.registry} ${this.#baseImage}"
done
`;
  }

  /** The same with docker alone; the app has its own Dockerfile. */
  #dockerHook(app: string): string {
    const image = `${this.#platform.shared.registry}/${app}`;
    return `#!/bin/bash
set -o pipefail
export DOCKER_HOST=ssh://factory PATH=${this.#folder}/bin:/usr/bin:/bin DOCKER_BUILDKIT=1
while read -r old new ref; do
  [ "$ref" = refs/heads/main ] || continue
  git archive --format=tar "$new" | docker build -q -t ${image} - && docker push -q ${image}
done
`;
  }
}

const BUILD_SH = `#!/bin/bash
# build.sh APP REGISTRY BASE_IMAGE < app.tar.gz
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/app.tar.gz"
cat >"$folder/Dockerfile" <<END
FROM $3
WORKDIR /app
ADD app.tar.gz /app/
RUN /bin/sh ./build.sh
CMD ["/bin/sh", "./run.sh"]
END
DOCKER_BUILDKIT=1 docker build --progress=plain -t "$2/$1" "$folder" 2>&1
docker push "$2/$1"
`;
