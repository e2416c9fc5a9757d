import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { parseEndpoint, whyUnreachable } from '../../../../src/factory/docker/remote-endpoint.ts';
import { freePort } from '../../../rig/processes.ts';

/** As buildx 0.29 prints it. */
const inspected = (endpoint: string, options: string) =>
  `Name:   third\nDriver: remote\n\nNodes:\nName:             third0\nEndpoint:         ${endpoint}\nDriver Options:   ${options}\nStatus:           inactive\n`;
const OPTIONS = 'cacert="/etc/buildkit/ca.pem" cert="/etc/a \\"b\\"/cert.pem" key="/etc/buildkit/key.pem"';

test('an endpoint with TLS is its address and its files', () => {
  expect(parseEndpoint(inspected('tcp://third.example:1234', OPTIONS))).toEqual({
    address: 'third.example:1234',
    options: { cacert: '/etc/buildkit/ca.pem', cert: '/etc/a "b"/cert.pem', key: '/etc/buildkit/key.pem' },
  });
});

test.each([
  ['a socket', inspected('unix:///x.sock', OPTIONS)],
  ['one without TLS', inspected('tcp://third.example:1234', '')],
  ['nothing', ''],
])('%s is none', async (_, text) => {
  expect(parseEndpoint(text)).toBeUndefined();
  expect(await whyUnreachable(text)).toBeUndefined();
});

const HERE = 'cacert="package.json"';

test('a file that is not there is the reason, and so is an address where nobody listens', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const why = (options: string) => whyUnreachable(inspected(`tcp://${address}`, options));
  expect(await why('cacert="/no/ca.pem"')).toMatch(new RegExp(`^${address}: ENOENT: .*/no/ca.pem`));
  expect(await why(HERE)).toMatch(new RegExp(`^${address}: connect ECONNREFUSED`));
});

test('a server that does not speak TLS is the reason', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const server = createServer((socket) => socket.on('error', () => {}).write('220 hello\r\n'));
  server.listen(Number(address.split(':')[1]), '127.0.0.1');
  expect(await whyUnreachable(inspected(`tcp://${address}`, HERE))).toMatch(/^\S+: .*wrong version number/);
  server.close();
});
