/** What the factory runs: `/usr/local/doskara/build.sh <app> < archive.tar`, or `.tar.gz`. */
import { existsSync } from 'node:fs';
import { parseRunnerArgs, parseRunnerCommand, type RunnerRequest } from './contract.ts';
import { becomeOwner } from './drop-privileges.ts';
import { blameless, Trouble } from './errors.ts';
import { exec } from './exec.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { runBuild } from './factory/build.ts';
import { claimCaches } from './factory/cache-owner.ts';
import { cancelBuilds } from './factory/cancel.ts';
import { pruneByHand } from './factory/disk.ts';
import * as messages from './factory/messages/build.ts';
import { limitsNeedRoot } from './factory/messages/limits.ts';
import { makeOutput, type Output } from './factory/output.ts';
import { readFactorySettings } from './factory/read-settings.ts';
import { retagImage } from './factory/retag.ts';
import { endingWith } from './factory/sender.ts';
import { type FactorySettings, limitsOf } from './factory/settings.ts';
import { parseKeyLimit } from './key-limit.ts';
import { VERSION_AND_SOURCE } from './version.ts';

const output = makeOutput(process.stdout);
process.exitCode = await main(process.argv.slice(2), output).catch((error: unknown) => explain(error, output));
process.stdin.destroy();
await output.drain();
process.exit();

async function main(argv: string[], output: Output): Promise<ExitCode> {
  const inSshSession = argv[0] === '--ssh';
  const { request, apps } = inSshSession
    ? await readSshRequest(argv.slice(1), process.env)
    : { request: parseRunnerArgs(argv), apps: undefined };
  if (request.verb === 'version') {
    output.raw(`doskara runner ${VERSION_AND_SOURCE}`);
    return EXIT.built;
  }
  const settings = await readFactorySettings(process.env);
  await makeMissingSpool(settings.spool);
  if (request.verb === 'limit-builds') {
    await limitBuildsAsRoot(settings);
    return EXIT.built;
  }
  if (request.verb === 'collect-garbage') {
    const { collectOwnGarbage } = await import('./factory/warehouse/collect-garbage.ts');
    await collectOwnGarbage(output);
    return EXIT.built;
  }
  await becomeOwner(existsSync(settings.spool) ? [settings.spool] : []); // root by hand, and port over ssh, share a spool
  await claim(settings.spool, { request, apps });
  switch (request.verb) {
    case 'check': {
      const { checkFactory } = await import('./factory/check.ts'); // builds do not need it
      return checkFactory(settings, request.json, output);
    }
    case 'cancel':
      await cancelBuilds(settings.spool, request, output);
      return EXIT.built;
    case 'secret-set':
    case 'secret-remove':
    case 'secret-clear':
    case 'secret-check': {
      const { changeSecrets } = await import('./factory/change-secrets.ts');
      const signal = signalOfEnd(request.app, inSshSession);
      await changeSecrets(request, endingWith(signal, process.stdin), settings.spool, output);
      return EXIT.built;
    }
    case 'prune':
      await pruneByHand(settings, output);
      return EXIT.built;
    case 'prune-tags': {
      const { pruneTags } = await import('./factory/warehouse/prune-tags.ts');
      await pruneTags(settings, output);
      return EXIT.built;
    }
    case 'retag':
      await retagImage({ ...request, settings, output, signal: signalOfEnd(request.app, inSshSession) });
      return EXIT.built;
    case 'latest': {
      const { reportLatest } = await import('./factory/latest.ts');
      await reportLatest({ ...request, settings, output, signal: signalOfEnd(request.app, inSshSession) });
      return EXIT.built;
    }
    case 'build': {
      const signal = signalOfEnd(request.app, inSshSession);
      return runBuild({ ...request, archive: process.stdin, settings, output, signal }).catch(blame);
    }
  }
}

/** Must run before root becomes the spool's owner, as only root can create cgroups. */
async function limitBuildsAsRoot(settings: FactorySettings): Promise<void> {
  if (process.getuid?.() !== 0) throw limitsNeedRoot();
  const [{ limitAllBuilds }, { askDocker }] = await Promise.all([
    import('./factory/cgroups.ts'),
    import('./factory/docker/facts.ts'),
  ]);
  const { dataRoot, cgroupWay } = await askDocker(settings);
  await limitAllBuilds(limitsOf(settings), dataRoot === undefined ? undefined : cgroupWay, settings.spool);
}

/**
 * Root creates a missing spool for the user docker: files of root in it would be in the way of port, which comes over ssh
 * as that user. Without such a user, root stays root.
 */
async function makeMissingSpool(spool: string): Promise<void> {
  if (process.getuid?.() !== 0 || existsSync(spool)) return;
  await exec(['install', '-d', '-o', 'docker', '-g', 'docker', '-m', '700', spool]);
}

/**
 * `--ssh [--apps a,b]` is the forced command of a key: reads the request of the ssh client, and logs it if it is
 * refused.
 */
async function readSshRequest(limit: string[], env: NodeJS.ProcessEnv): Promise<SshRequest> {
  try {
    const apps = parseKeyLimit(limit);
    return { request: parseRunnerCommand(env['SSH_ORIGINAL_COMMAND'] ?? '', apps), apps };
  } catch (error) {
    await logRefusal(error, env);
    throw error;
  }
}

/** `apps`: those that the key is limited to. */
interface SshRequest {
  request: RunnerRequest;
  apps: string[] | undefined;
}

async function claim(spool: string, { request, apps }: SshRequest): Promise<void> {
  try {
    await claimCaches(spool, request, apps);
  } catch (error) {
    if (error instanceof Trouble && error.exitCode === EXIT.usage) await logRefusal(error, process.env);
    throw error;
  }
}

/** A syslog that hangs must not delay the answer. */
const SYSLOG_TIMEOUT_MS = 2000;

/**
 * Logs a refused ssh command to syslog, with the key, if known, and the connection, as in sshd's `Accepted publickey`
 * line. Never rejects: there may be no logger.
 */
async function logRefusal(reason: unknown, env: NodeJS.Dict<string>): Promise<void> {
  const asked = env['SSH_ORIGINAL_COMMAND'] ?? '';
  const [address, tcpPort] = (env['SSH_CONNECTION'] ?? '').split(' ');
  const { readUsedKey } = await import('./ssh-key.ts'); // node:crypto is slow to load
  const from = { key: await readUsedKey(env), address, tcpPort };
  const line = messages.refusedOverSsh(asked, reason instanceof Error ? reason.message : String(reason), from);
  const command = ['logger', '--tag', 'doskara', '--priority', 'auth.warning', '--', line];
  await exec(command, { output: 'ignore', timeoutMs: SYSLOG_TIMEOUT_MS });
}

/** Aborts on Ctrl-C or `--cancel`, on a signal to end (the machine shuts down), and when our ssh session has ended. */
function signalOfEnd(app: string, inSshSession: boolean): AbortSignal {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort(messages.cancelled(app)));
  for (const name of ['SIGTERM', 'SIGHUP'] as const) process.once(name, () => ending.abort(messages.ended(app, name)));
  const session = process.ppid;
  const check = () => process.ppid !== session && ending.abort(messages.clientGone(app));
  if (inSshSession) setInterval(check, 250).unref();
  return ending.signal;
}

function blame(error: unknown): never {
  throw blameless(error);
}

function explain(error: unknown, output: Output): ExitCode {
  if (error instanceof Trouble) {
    output.trouble(error, error.code !== 'wrong-arguments'); // a newer port recognises an older runner by that
    return error.exitCode;
  }
  const message = messages.bug();
  output.event({ event: 'failed', code: 'bug', message, hint: null, pusherHint: null });
  output.raw(`error: ${message}`);
  for (const line of String(error instanceof Error ? error.stack : error).split('\n')) output.buildOutput(line);
  return EXIT.bug;
}
