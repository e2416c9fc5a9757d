import type { Machine } from './machine.ts';
import { StepFailed } from './step-failed.ts';

const USER = 'bob';
const CLONE = `/home/${USER}/shop`;
const SSH = `ssh -i ~/.ssh/id_ed25519 -o BatchMode=yes`;

/** Another user on the machine, with git, a key and an app named shop. */
export class Pusher {
  readonly #machine: Machine;
  readonly #sudo: string;
  readonly #admin: string;

  constructor(machine: Machine, admin: string) {
    this.#machine = machine;
    this.#admin = admin;
    this.#sudo = admin === 'root' ? '' : 'sudo ';
  }

  /** From nothing to a clone with a remote, with the commands from the README. */
  async settleIn(): Promise<void> {
    const machine = this.#machine;
    await machine.must('root', `useradd --create-home --shell /bin/sh ${USER}`);
    await machine.must(USER, 'ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519');
    const key = await machine.must(USER, 'cat ~/.ssh/id_ed25519.pub');
    await machine.must(USER, 'sed "s/^/127.0.0.1 /" /etc/ssh/ssh_host_*_key.pub >~/.ssh/known_hosts');
    await machine.must(USER, 'git config --global user.name Bob; git config --global user.email bob@example.org');
    await machine.must(this.#admin, `cat >/tmp/bob.pub && ${this.#sudo}doskara key add ${USER} /tmp/bob.pub`, {
      input: key,
    });
    await machine.must(this.#admin, `${this.#sudo}doskara create shop`);
    await machine.must(USER, `git init -q -b main ${CLONE}`);
    await machine.must(USER, `git remote add doskara ssh://git@127.0.0.1/shop`, { cwd: CLONE });
    await machine.must(USER, `git config core.sshCommand '${SSH}'`, { cwd: CLONE });
    await this.#write('run.sh', 'exec cat sign\n');
  }

  /** Commits an app whose build runs `first` and whose image prints the commit's id; returns the id. */
  async commit(subject: string, first = 'true'): Promise<string> {
    await this.#write('build.sh', `${first}\necho "the shop of $DOSKARA_COMMIT" >sign\n`);
    const { output } = await this.#machine.run(
      USER,
      `git add . && git commit -q --allow-empty -m '${subject}' && git rev-parse HEAD`,
      { cwd: CLONE },
    );
    return output.trim();
  }

  /** Pushes; returns the output. Git must accept the push. */
  push(): Promise<string> {
    return this.#machine.must(USER, 'git push doskara main', { cwd: CLONE });
  }

  /** Pushes and waits for a successful build. */
  async pushBuilt(subject: string): Promise<string> {
    const commit = await this.commit(subject);
    const said = await this.push();
    if (!/^remote: success: shop build \d+ built /m.test(said)) throw new StepFailed('the push was not built', said);
    return commit;
  }

  /** The commit that was built according to port. */
  async built(): Promise<string> {
    const { output } = await this.#machine.run(USER, 'git ls-remote doskara refs/built/main', { cwd: CLONE });
    return /^([0-9a-f]{40})\trefs\/built\/main$/m.exec(output)?.[1] ?? '';
  }

  /** Checks that both tags in the warehouse have this commit's image, and that it runs. */
  async expectInWarehouse(commit: string): Promise<void> {
    for (const tag of ['latest', commit]) {
      const image = `127.0.0.1:5000/shop:${tag}`;
      const said = await this.#machine.must('root', `docker pull -q ${image} && docker run --rm ${image}`);
      if (!said.includes(`the shop of ${commit}`)) throw new StepFailed(`${image} is not of ${commit}`, said);
    }
  }

  async #write(file: string, text: string): Promise<void> {
    await this.#machine.must(USER, `cat >${file}`, { cwd: CLONE, input: text });
  }
}
