import { expect, test } from 'vitest';
import { describeFailure } from '../../../src/port/git/submodule-fetch.ts';

const READ = `fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
`;
const HTTPS = 'https://git.example/timeout/lib.git';
const access = (why: string) => `fatal: unable to access '${HTTPS}/': ${why}\n`;

test.each<[string, reason: string | RegExp]>([
  [`ssh: connect to host git.example port 22: Connection refused\n${READ}`, /^ssh: .* Connection refused$/],
  [`ssh: connect to host git.example port 22: Connection timed out\n${READ}`, /timed out$/],
  [`ssh: connect to host git.example port 22: No route to host\n${READ}`, /No route to host$/],
  [`ssh: connect to host git.example port 22: Network is unreachable\n${READ}`, /unreachable$/],
  [`ssh: Could not resolve hostname git.example: Name or service not known\n${READ}`, /^ssh: Could not resolve/],
  [`kex_exchange_identification: read: Connection reset by peer\n${READ}`, /^kex_exchange/],
  [`No ED25519 host key is known for git.example\nHost key verification failed.\n${READ}`, /^Host key verification/],
  [`fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF\n`, 'fatal: early EOF'],
  [access('Could not resolve host: git.example'), /Could not resolve host/],
  [access('Failed to connect to git.example port 443 after 1 ms: Connection refused'), /Connection refused$/],
  [access("Failed to connect to git.example port 443 after 1 ms: Couldn't connect to server"), /connect to server$/],
  [access('The requested URL returned error: 503'), /503$/],
  [access('server certificate verification failed. CAfile: none CRLfile: none'), /certificate verification failed/],
  [access('gnutls_handshake() failed: The TLS connection was non-properly terminated.'), /TLS/],
])('what says that a host cannot be reached or trusted may work later: %j', (stderr, reason) => {
  expect(describeFailure(stderr, HTTPS, 'exit code 128')).toEqual({
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    unreachable: true,
  });
});

test.each<[string, reason: string | RegExp]>([
  [`git@git.example: Permission denied (publickey).\n${READ}`, 'git@git.example: Permission denied (publickey).'],
  [`ERROR: Repository not found.\n${READ}`, 'ERROR: Repository not found.'],
  [`Warning: Permanently added 'x' to the list of known hosts.\n${READ}`, /^fatal: Could not read/],
  [
    `remote: Connection refused by a hook\nfatal: repository '${HTTPS}/' not found\n`,
    /^fatal: repository .* not found$/,
  ],
  [access('The requested URL returned error: 403'), /403$/],
  [access('The requested URL returned error: 404'), /404$/],
  ["fatal: could not read Username for 'https://git.example': terminal prompts disabled\n", /Username/],
  ['fatal: remote error: upload-pack: not our ref 0123\n', /not our ref/],
  ['', 'exit code 128'],
])('what says that something is not there, or not for port, does not: %j', (stderr, reason) => {
  expect(describeFailure(stderr, HTTPS, 'exit code 128')).toEqual({
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    unreachable: false,
  });
});
