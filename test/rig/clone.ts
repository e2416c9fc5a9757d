import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa, type Result } from 'execa';

export type Files = Record<string, string | Buffer>;

export interface Pushed {
  exitCode: number | undefined;
  all: string;
  /** What git printed with `remote: `, without it. */
  lines: string[];
  text: string;
}

/** A pusher's clone. */
export class Clone {
  readonly folder: string;
  readonly app: string;
  readonly #env: NodeJS.ProcessEnv;

  /** `env` is the environment of the pusher's git. */
  constructor(folder: string, app: string, env: NodeJS.ProcessEnv) {
    this.#env = env;
    this.folder = folder;
    this.app = app;
  }

  git(...args: string[]): Promise<Result<{ all: true }>> {
    return this.#run('git', args);
  }

  #run(command: string, args: string[]): Promise<Result<{ all: true }>> {
    return execa(command, args, {
      cwd: this.folder,
      env: this.#env,
      all: true,
      reject: false,
      stdin: 'ignore',
    }) as unknown as Promise<Result<{ all: true }>>;
  }

  write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content);
    }
  }

  /** Returns the commit's id. */
  async commit(files: Files, message = 'a change'): Promise<string> {
    this.write(files);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '-m', message);
    return (await this.git('rev-parse', 'HEAD')).stdout;
  }

  /** A tar of its last commit. */
  async archive(): Promise<Buffer> {
    const { stdout } = await execa('git', ['archive', 'HEAD'], { cwd: this.folder, encoding: 'buffer' });
    return Buffer.from(stdout);
  }

  async append(name: string, text: string): Promise<string> {
    appendFileSync(join(this.folder, name), text);
    return this.commit({});
  }

  /** What the pusher's terminal shows, without git's `remote: ` prefix. */
  async push(...args: string[]): Promise<Pushed> {
    return readPush(await this.git('push', 'doskara', ...(args.length > 0 ? args : ['main'])));
  }

  /** Begins when nobody holds the exclusive flock(2) of a file any longer. */
  async pushOnceUnlocked(file: string, refspec: string): Promise<Pushed> {
    return readPush(await this.#run('flock', ['--shared', '--no-fork', file, 'git', 'push', 'doskara', refspec]));
  }
}

function readPush({ exitCode, all }: Result<{ all: true }>): Pushed {
  const lines = all
    .split(/\r\n|\n/)
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trimEnd());
  return { exitCode, all, lines, text: lines.join('\n') };
}
