import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Files } from '../rig/clone.ts';

/** The direct dependencies of a typical web application; they pull in about 550 packages. */
const PACKAGE = {
  name: 'app',
  version: '1.0.0',
  private: true,
  dependencies: { express: '5.1.0' },
  devDependencies: {
    '@babel/core': '7.27.4',
    '@babel/preset-env': '7.27.2',
    eslint: '9.28.0',
    jest: '29.7.0',
    typescript: '5.8.3',
    webpack: '5.99.9',
    'webpack-cli': '6.0.1',
  },
};

/** package.json, with `more` packages, and a lock file that npm writes now, with the packages' public addresses. */
export async function lockFile(more: Record<string, string> = {}): Promise<Files> {
  const folder = mkdtempSync(join(tmpdir(), 'doskara-bench-'));
  try {
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ ...PACKAGE, dependencies: { ...PACKAGE.dependencies, ...more } }),
    );
    await execa('npm', ['install', '--package-lock-only', '--omit-lockfile-registry-resolved=false'], { cwd: folder });
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { 'package.json': read('package.json'), 'package-lock.json': read('package-lock.json') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
