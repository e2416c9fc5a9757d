import { askRunner } from '../builds/ask-runner.ts';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { asFinding, type Finding, parseFinding } from '../finding.ts';
import * as messages from '../port/messages/connection.ts';
import * as doctor from '../port/messages/doctor-factory.ts';
import { type Connection, openConnection, type RemoteExit } from '../port/ssh/connection.ts';
import type { KnownKey } from '../port/ssh/host-key.ts';
import { type ResolvedTarget, resolveTarget } from '../port/ssh/resolve-target.ts';
import type { SshTarget } from '../port/ssh/target.ts';
import { parseEvent } from '../runner-events.ts';
import { fingerprint } from '../ssh-key.ts';
import { VERSION_AND_SOURCE } from '../version.ts';
import { checkIdentities } from './identity.ts';
import { type AskRunner, checkLatest, type KnownLatest } from './latest.ts';
import type { ReportFinding } from './machine.ts';
import { type AppSecrets, checkSecretsOn } from './secrets.ts';
import { checkRunner, parseRunnerVersion } from './versions.ts';

/** What port knows of the apps that a factory builds. */
export interface KnownApps {
  latest: readonly KnownLatest[];
  secrets: readonly AppSecrets[];
  /** The lowest setting of these apps. */
  maxSending: number;
}

/** Checks the connection to a factory, runs its own checks, and compares what it has of its apps with what port knows. */
export async function checkFactory(
  destination: string,
  sshConfig: string | undefined,
  { latest, secrets, maxSending }: KnownApps,
  report: ReportFinding,
): Promise<void> {
  try {
    const resolved = await resolveTarget(destination, sshConfig);
    const { target } = resolved;
    report(doctor.sshTarget(target));
    for (const finding of await checkIdentities(target)) report(finding);
    using connection = await connect(resolved, report);
    if (connection === undefined) return;
    report(doctor.connected(destination));
    if (!(await checkVersion(connection, report))) return;
    const canSeeWarehouse = await relayCheck(connection, maxSending, report);
    const ask: AskRunner = (request, onLine) => askRunner(connection, request, ANSWER_TIMEOUT_MS, onLine);
    await checkSecretsOn(destination, secrets, ask, report);
    if (canSeeWarehouse) await checkLatest(latest, ask, report);
  } catch (thrown) {
    if (!(thrown instanceof Trouble)) throw thrown;
    report(asFinding('connection', thrown));
  }
}

/** A changed host key shows only during the connection; one that is not pinned shows before. */
async function connect(resolved: ResolvedTarget, report: ReportFinding): Promise<Connection | undefined> {
  const { target, known } = resolved;
  const pinned = known.filter(({ marker }) => marker === undefined);
  const opened = await openConnection(resolved).catch((thrown: unknown) => {
    if (thrown instanceof Trouble) return thrown;
    throw thrown;
  });
  const isRefused = opened instanceof Trouble && opened.code.startsWith('host-key');
  report(isRefused ? asFinding('host-key', opened) : checkPinned(target, pinned));
  if (!(opened instanceof Trouble)) return opened;
  if (!isRefused) report(asFinding('connection', opened));
  return undefined;
}

function checkPinned(target: SshTarget, pinned: readonly KnownKey[]): Finding {
  const keys = pinned.map(({ type, blob }) => `${type} ${fingerprint(blob)}`);
  return keys.length > 0 ? doctor.hostKeyPinned(target, keys) : doctor.hostKeyNotPinned(target);
}

/** The runner limits its own questions to docker to a minute or so in all. */
const VERSION_TIMEOUT_MS = 15_000;
const CHECK_TIMEOUT_MS = 180_000;
const ANSWER_TIMEOUT_MS = 60_000;

/** Resolves to false if no runner answers. */
async function checkVersion(connection: Connection, report: ReportFinding): Promise<boolean> {
  const lines: string[] = [];
  const exit = await askRunner(connection, { verb: 'version' }, VERSION_TIMEOUT_MS, ({ text }) => lines.push(text));
  const version = parseRunnerVersion(lines.join('\n'));
  report(
    version === undefined
      ? asFinding('version', messages.noRunner(connection.target.destination, lines[0] ?? howItEnded(exit)))
      : checkRunner(version, VERSION_AND_SOURCE, doctor.placeOf(connection.target)),
  );
  return version !== undefined;
}

/** Without them, nobody can say what the warehouse has. */
const FOR_LATEST = ['runner', 'docker-cli', 'docker-engine', 'warehouse'];

/**
 * Reports the runner's own findings as they arrive, and what follows from them. Resolves to whether it can see what the
 * warehouse has.
 */
async function relayCheck(connection: Connection, maxSending: number, report: ReportFinding): Promise<boolean> {
  const wrong: string[] = [];
  let maxBuilds = 0;
  const exit = await askRunner(connection, { verb: 'check', json: true }, CHECK_TIMEOUT_MS, ({ text }) => {
    const finding = parseFinding(text) ?? whyNot(text);
    if (finding === undefined) return;
    if (finding.level === 'error') wrong.push(finding.subject);
    maxBuilds += finding.maxBuilds ?? 0;
    report(checkClock(finding, Date.now()));
  });
  if (maxBuilds > maxSending) report(doctor.idlePlaces(maxSending, maxBuilds));
  if (exit.code === EXIT.usage && wrong.length === 0) throw messages.runnerOlder(connection.target.destination);
  if (exit.code !== EXIT.built && wrong.length === 0) throw messages.runnerEnded(howItEnded(exit));
  return !wrong.some((subject) => FOR_LATEST.includes(subject));
}

/** The reason why the runner could not check, such as invalid settings. */
function whyNot(line: string): Finding | undefined {
  const event = parseEvent(line);
  if (event?.event !== 'failed') return undefined;
  const { code, message, hint } = event;
  return { level: 'error', subject: 'runner', code, text: message, hint: hint ?? undefined };
}

const howItEnded = ({ code, signal }: RemoteExit) => signal ?? `exit code ${code}`;

/** Logs, records and certificates depend on the clock. */
const MAX_CLOCK_SKEW_MS = 60_000;

/** Returns other findings unchanged. `now`: port's clock when the line arrived. */
export function checkClock(finding: Finding, now: number): Finding {
  const clock = Date.parse(finding.time ?? '');
  if (Number.isNaN(clock) || Math.abs(clock - now) <= MAX_CLOCK_SKEW_MS) return finding;
  const seconds = Math.round(Math.abs(clock - now) / 1000);
  return doctor.clockDiffers(seconds, clock > now);
}
