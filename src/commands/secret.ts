import { removeSecret, setSecret } from '../builds/secrets.ts';
import * as messages from '../port/messages/secrets.ts';
import { hint } from '../port/messages/text.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { lackingFactories, readSecrets } from '../port/secrets.ts';
import { checkSecretName, checkSecretValue, MAX_SECRET_BYTES, SSH_KEY } from '../secrets.ts';
import { APP, JSON_OPTION } from './arguments.ts';
import { readHidden, readInput } from './input.ts';
import type { AdminCommand, AdminSession, CommandGroup } from './spec.ts';
import { print } from './stdout.ts';
import { formatTable } from './table.ts';

const SSH_OPTION = {
  flags: '--ssh',
  meaning: 'the private key for ssh during a build (doskara.ssh), instead of a name',
};

const set: AdminCommand = {
  name: 'set',
  summary: "set a secret of an app's builds on its factories; the value comes from standard input",
  who: 'admin',
  arguments: [APP, { name: 'name', meaning: 'such as NPM_TOKEN', optional: true, completes: 'secrets' }],
  options: [SSH_OPTION],
  notes: 'doskara help secrets explains how a build reads it.',
  async run([app, name]: [string, string?], options: { ssh?: boolean }, session) {
    const slot = slotOf('set', app, name, options);
    const repository = await open(app, session);
    const { done, failed } = await setSecret(repository, slot, await readValue(app, slot));
    if (done.length > 0) print(messages.secretSet(app, slot, done));
    if (failed.length > 0) throw messages.notSet(app, slot, failed);
    if (slot !== SSH_KEY) print(hint(messages.nextBuilds(app)));
    else if (repository.settings.ssh === undefined) print(hint(messages.useSshKey(app)));
  },
};

async function open(app: string, { openApp }: AdminSession): Promise<Repository> {
  return openRepository((await openApp(app)).folder);
}

function slotOf(verb: 'set' | 'remove', app: string, name: string | undefined, { ssh = false }: { ssh?: boolean }) {
  if (ssh === (name !== undefined)) throw messages.nameOrSsh(verb, app);
  return name === undefined ? SSH_KEY : checkSecretName(name);
}

/** As it comes, with its last line feed, if it has one. */
async function readValue(app: string, slot: string): Promise<Buffer> {
  if (!process.stdin.isTTY) {
    const value = checkSecretValue(await readInput(MAX_SECRET_BYTES));
    if (slot !== SSH_KEY) return value;
    const { checkPrivateKey } = await import('../port/ssh/private-key.ts'); // ssh2 takes long to load
    return checkPrivateKey(value);
  }
  if (slot === SSH_KEY) throw messages.pipeKey(app);
  const line = await readHidden(messages.askValue(app, slot));
  if (line === undefined) throw messages.noAnswer(app, slot);
  return checkSecretValue(Buffer.from(line));
}

const list: AdminCommand = {
  name: 'list',
  summary: 'list the secrets of an app: names, and when they were set',
  who: 'admin',
  arguments: [APP],
  options: [JSON_OPTION],
  async run([app]: [string], options: { json?: boolean }, session) {
    await showSecrets(app, options, session);
  },
};

async function showSecrets(app: string, options: { json?: boolean }, session: AdminSession): Promise<void> {
  const { state, settings } = await open(app, session);
  const secrets = await readSecrets(state);
  if (options.json) return print(JSON.stringify(secrets));
  const rows = secrets.map(({ name, set, factories }) => [name, set, factories.join(',') || '-']);
  if (rows.length > 0) formatTable(['name', 'set', 'factories'], rows, session.width).forEach(print);
  else if (process.stdout.isTTY) print(session.typed(messages.noSecrets(app)));
  for (const secret of secrets) {
    const { name, older, removed } = secret;
    const lacking = lackingFactories(secret, settings.factories);
    const lines = removed ? messages.stillOn(app, name, older) : messages.notOn(app, name, lacking);
    if (removed || lacking.length > 0) for (const line of lines) process.stderr.write(`${line}\n`);
  }
}

const remove: AdminCommand = {
  name: 'remove',
  alias: 'rm',
  summary: 'remove a secret from the factories',
  who: 'admin',
  arguments: [APP, { name: 'name', optional: true, completes: 'secrets' }],
  options: [SSH_OPTION],
  async run([app, name]: [string, string?], options: { ssh?: boolean }, session) {
    const slot = slotOf('remove', app, name, options);
    const { done, failed } = await removeSecret(await open(app, session), slot);
    if (done.length > 0) print(messages.secretRemoved(app, slot, done));
    if (failed.length > 0) throw messages.notRemoved(app, slot, failed);
  },
};

/** After the subcommands: constants have no value before their line. */
export const secret: CommandGroup = {
  name: 'secret',
  summary: "manage the secrets of apps' builds, such as tokens for private packages",
  subcommands: [set, list, remove],
};
