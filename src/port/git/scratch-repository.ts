import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../replace-file.ts';

/**
 * Provides a bare repository of our own without refs, for objects of the same format as a commit's. `config`: its
 * configuration, besides the format. `folders`: further ones in it.
 */
export async function provideScratchRepository(
  folder: string,
  commit: string,
  config: string,
  folders: readonly string[] = [],
): Promise<void> {
  for (const name of ['refs', 'objects', ...folders]) await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  await provideFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  const format = commit.length === 64 ? '[extensions]\nobjectFormat = sha256\n' : '';
  await provideFile(join(folder, 'config'), `[core]\nrepositoryFormatVersion = 1\nbare = true\n${config}${format}`);
}

/** Of several pushes, one git may read the file already: it must not see it half written. */
export async function provideFile(file: string, content: string): Promise<void> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== content) await replaceFile(file, content);
}
