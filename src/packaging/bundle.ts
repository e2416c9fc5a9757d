/** `npm run build`: one file per entry in dist/, each beside the few lines of sh that start it. */
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { build, type Plugin } from 'esbuild';
import { describeSource, readSource } from './git-source.ts';
import { starter } from './starter.ts';

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };

/** What is started by name, and the bundle behind it. Those with the code cache of src/start.ts run in each push. */
const ENTRIES: Record<string, { entry: string; extension: 'cjs' | 'mjs' }> = {
  'pre-receive': { entry: 'hooks/pre-receive.ts', extension: 'cjs' },
  'post-receive': { entry: 'hooks/post-receive.ts', extension: 'cjs' },
  doskara: { entry: 'src/doskara.ts', extension: 'mjs' },
  'build.sh': { entry: 'src/runner.ts', extension: 'cjs' },
};

/** What turns an ES module with CommonJS inside into something that node runs, and src/start.ts, too. */
const AROUND = {
  mjs: {
    before:
      "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;",
    after: '',
  },
  cjs: { before: '(async (require, __filename, __dirname) => {', after: '})' },
};

/**
 * Loads node's own modules when something of them is first used. An ES import of one loads all its lazy exports, too,
 * and so does copying its properties, which esbuild does with a CommonJS module: half of the runner's start. An object
 * without properties of its own has nothing to copy.
 */
const LAZY_BUILTINS: Plugin = {
  name: 'lazy builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, namespace }) => {
      if (!isBuiltin(path)) return undefined;
      return namespace === 'builtin' ? { path, external: true } : { path, namespace: 'builtin' };
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => {
      const load = `require(${JSON.stringify(path)})`;
      if (NEEDED_AT_START.test(path)) return { contents: `module.exports = ${load};` };
      return {
        contents: `const get = (_, name) => name === '__esModule' ? undefined : ${load}[name];
module.exports = Object.create(new Proxy({}, { get }));`,
      };
    });
  },
};

/** These are functions, or objects with a state of their own. */
const NEEDED_AT_START = /^(?:node:)?(?:assert|events|module|process|stream)$/;

/**
 * What libraries load and we do not use: ssh2's HTTP over ssh (with node's http, https and tls a third of its start),
 * node-ssh's creation of local folders, simple-git's debug output; execa's synchronous half, its verbose mode and its
 * descriptions of signals (a fifth of the runner's start).
 */
const UNUSED: readonly { file: RegExp; standIn: string }[] = [
  { file: /ssh2\/lib\/http-agents\.js$/, standIn: 'module.exports = {};' },
  { file: /node_modules\/make-dir\/index\.js$/, standIn: 'module.exports = undefined;' },
  {
    file: /node_modules\/debug\/src\/index\.js$/,
    standIn: `const silent = Object.assign(() => {}, { enabled: false, extend: () => silent });
module.exports = Object.assign(() => silent, { formatters: {} });`,
  },
  { file: /execa\/lib\/methods\/main-sync\.js$/, standIn: 'export const execaCoreSync = undefined;' },
  { file: /execa\/lib\/verbose\/default\.js$/, standIn: 'export const defaultVerboseFunction = undefined;' },
  {
    file: /human-signals\/build\/src\/main\.js$/,
    standIn: `import { constants } from 'node:os';
export const signalsByName = Object.fromEntries(Object.keys(constants.signals).map((description) => [description, { description }]));`,
  },
];

/**
 * ssh2 gives node the key of a cipher with each packet. If it is a buffer, node takes 30 µs to see that it is no object of
 * its own: a tenth of the upload of a large tree.
 */
const CIPHER_KEY: Plugin = {
  name: "ssh2's key as an object",
  setup({ onLoad }) {
    onLoad({ filter: /ssh2\/lib\/protocol\/crypto\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(
        /(class AESGCMCipherNative \{.*?this\._encKey = )enc\.cipherKey;/s,
        "$1require('crypto').createSecretKey(enc.cipherKey);",
      );
      if (contents === source) throw new Error(`${path} has no AESGCMCipherNative with a key`);
      return { contents };
    });
  },
};

/** The files that each stand-in has replaced. */
const replaced = new Map<RegExp, Set<string>>(UNUSED.map(({ file }) => [file, new Set()]));

const WITHOUT_UNUSED: Plugin = {
  name: 'without what is unused',
  setup({ onLoad }) {
    for (const { file, standIn } of UNUSED)
      onLoad({ filter: file }, ({ path }) => {
        replaced.get(file)?.add(path);
        return { contents: standIn };
      });
  },
};

const source = describeSource(await readSource());
await rm('dist', { recursive: true, force: true });
await mkdir('dist');
await symlink(process.execPath, 'dist/node');
for (const folder of ['examples', 'manual']) await cp(`src/${folder}`, `dist/${folder}`, { recursive: true });
await build({
  entryPoints: ['src/start.ts'],
  outfile: 'dist/start.cjs',
  platform: 'node',
  format: 'cjs',
  target: 'node22',
});
for (const [name, { entry, extension }] of Object.entries(ENTRIES)) {
  const bundle = `${entry.replace(/^.*\//, '').replace(/\.ts$/, '')}.${extension}`;
  const { metafile } = await build({
    entryPoints: [entry],
    outfile: `dist/${bundle}`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    plugins: [LAZY_BUILTINS, WITHOUT_UNUSED, CIPHER_KEY],
    legalComments: 'none',
    define: { DOSKARA_VERSION: JSON.stringify(version), DOSKARA_SOURCE: JSON.stringify(source) },
    // ssh2 does without its optional native parts: node's own crypto has AES-GCM
    external: ['cpu-features'],
    loader: { '.node': 'empty' },
    banner: { js: AROUND[extension].before },
    footer: { js: AROUND[extension].after },
    logLevel: 'warning',
    metafile: true,
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const builtin = imports.find(({ kind, path }) => kind === 'import-statement' && isBuiltin(path));
  if (builtin !== undefined) throw new Error(`${bundle} imports ${builtin.path} instead of requiring it`);
  if (/[^\0-\x7f]/.test(await readFile(`dist/${bundle}`, 'utf8'))) throw new Error(`${bundle} is not ASCII`);
  await writeFile(`dist/${name}`, await starter(name, bundle));
  await chmod(`dist/${name}`, 0o755);
}

for (const [file, paths] of replaced)
  if (paths.size !== 1)
    throw new Error(
      `the stand-in for ${file} replaces ${paths.size} files, not 1: has the library moved or dropped it?`,
    );
