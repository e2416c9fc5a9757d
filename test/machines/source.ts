import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { homeOf, type Machine } from './machine.ts';

/** The version of Doskara to test on a machine. */
export interface Source {
  /** Copies it to sourceFolder(user). */
  putInto(machine: Machine, user: string): Promise<void>;
}

export const sourceFolder = (user: string) => join(homeOf(user), 'doskara');

/** The last commit of a checkout, as `git clone` copies it. */
export function cloned(checkout: string): Source {
  return {
    async putInto(machine, user) {
      const folder = sourceFolder(user);
      await cloneOf(checkout, join(machine.root, folder));
      await machine.must('root', `chown -R ${user}: ${folder}`);
    },
  };
}

export async function cloneOf(checkout: string, folder: string): Promise<void> {
  // the checkout may belong to another user
  const options = ['-c', 'safe.directory=*', 'clone', '--quiet', '--no-hardlinks'];
  await execa('git', [...options, '--upload-pack=git -c safe.directory=* upload-pack', checkout, folder], {
    all: true,
  });
}

/** The release that `npm run release` builds from a checkout with the packages in `modules`; built on first use. */
export function released(checkout: string, modules: string): Source {
  let made: Promise<unknown> | undefined;
  return {
    async putInto(machine, user) {
      made ??= makeRelease(checkout, modules);
      await made;
      const archive = join(homeOf(user), 'doskara.tar.gz');
      const { stdout } = await execa('sh', ['-c', `ls release/doskara-port-*-linux-${process.arch}.tar.gz`], {
        cwd: checkout,
      });
      copyFileSync(join(checkout, stdout), join(machine.root, archive));
      const folder = sourceFolder(user);
      await machine.must('root', `mkdir ${folder} && tar -C ${folder} --strip-components=1 -xzf ${archive}`);
    },
  };
}

async function makeRelease(checkout: string, modules: string): Promise<void> {
  await execa('cp', ['--archive', '--reflink=auto', modules, checkout]);
  await execa('npm', ['run', '--silent', 'release'], { cwd: checkout, all: true });
}
