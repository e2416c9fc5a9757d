import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { parseSshConfig } from '../../../src/port/ssh/config.ts';
import {
  checkHostKey,
  lookUpHostKeys,
  orderAlgorithms,
  parseKnownHosts,
  type Verdict,
} from '../../../src/port/ssh/host-key.ts';
import { fingerprint, keyType } from '../../../src/ssh-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-host-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A host key from ssh-keygen: its known_hosts fields and its bytes on the wire. */
async function makeKey(name: string, type: string) {
  const file = join(folder, name);
  await execa('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...(type === 'rsa' ? ['-b', '2048'] : []),
    '-N',
    '',
    '-C',
    name,
    '-f',
    file,
  ]);
  const [word = '', key = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ');
  return { file: `${file}.pub`, text: `${word} ${key}`, blob: Buffer.from(key, 'base64') };
}

const [ed, otherEd, ecdsa, rsa] = await Promise.all([
  makeKey('ed', 'ed25519'),
  makeKey('other-ed', 'ed25519'),
  makeKey('ecdsa', 'ecdsa'),
  makeKey('rsa', 'rsa'),
]);

describe('a line of known_hosts', () => {
  test.each([
    ['a plain name', `factory ${ed.text}`, undefined, ed],
    ['several names and a comment', `factory,10.0.0.1 ${ed.text} made on a Monday`, undefined, ed],
    ['a port', `[factory]:2222 ${rsa.text}`, undefined, rsa],
    ['a pattern', `*.lan,!evil.lan ${ecdsa.text}`, undefined, ecdsa],
    ['a hashed name', `|1|IdBVOCimylsS6vAL3f2fhVjneBU=|J19AD0ff0tarjMkrYXDr2152wug= ${ed.text}`, undefined, ed],
    ['@revoked', `@revoked factory ${ed.text}`, '@revoked', ed],
    ['@cert-authority', `@cert-authority *.lan ${rsa.text}`, '@cert-authority', rsa],
    ['tabs', `factory\t${ed.text.replace(' ', '\t')}`, undefined, ed],
  ])('with %s is parsed', (_, line, marker, { text, blob }) => {
    expect(parseKnownHosts(line)).toEqual([{ marker, type: text.split(' ')[0], blob }]);
  });

  test.each([
    ['a comment', `# factory ${ed.text}`],
    ["ssh-keygen's own output", '# Host factory found: line 1 REVOKED'],
    ['an unknown marker', `@trusted factory ${ed.text}`],
    ['without a key', 'factory ssh-ed25519'],
    ['empty', ''],
  ])('that is %s has no key', (_, line) => {
    expect(parseKnownHosts(line)).toEqual([]);
  });
});

describe('a host key', () => {
  test.each<[Verdict, string, string[]]>([
    ['known', 'when it is pinned', [`factory ${ed.text}`]],
    ['known', 'when it is one of those pinned', [`factory ${otherEd.text}`, `factory ${ed.text}`]],
    ['unknown', 'when nothing is pinned', []],
    ['other-type', 'when only keys of other types are pinned', [`factory ${rsa.text}`, `factory ${ecdsa.text}`]],
    ['authority', 'when only an authority is pinned, which is not supported', [`@cert-authority * ${ed.text}`]],
    ['authority', 'when another key of its type is an authority', [`@cert-authority * ${otherEd.text}`]],
    ['unknown', 'when another key of its type is revoked', [`@revoked * ${otherEd.text}`]],
    ['changed', 'when another key of its type is pinned', [`factory ${otherEd.text}`]],
    [
      'changed',
      'when another key of its type is pinned, and so is an authority',
      [`factory ${otherEd.text}`, `@cert-authority * ${ed.text}`],
    ],
    ['revoked', 'when it is revoked', [`@revoked * ${ed.text}`]],
    ['revoked', 'when it is pinned and revoked, in either order', [`factory ${ed.text}`, `@revoked * ${ed.text}`]],
    ['revoked', 'when it is revoked and pinned, in either order', [`@revoked * ${ed.text}`, `factory ${ed.text}`]],
  ])('is %s %s', (verdict, _, lines) => {
    expect(checkHostKey(ed.blob, parseKnownHosts(lines.join('\n')))).toBe(verdict);
  });

  test.each([
    ['ssh-ed25519', ed],
    ['ecdsa-sha2-nistp256', ecdsa],
    ['ssh-rsa', rsa],
  ])("reports its type %s, and its fingerprint matches ssh-keygen's", async (type, { file, blob }) => {
    expect(keyType(blob)).toBe(type);
    const { stdout } = await execa('ssh-keygen', ['-l', '-f', file]);
    expect(stdout.split(' ')[1]).toBe(fingerprint(blob));
  });

  test('that is empty has no type', () => {
    expect(keyType(Buffer.alloc(3))).toBe('');
  });
});

describe('host key algorithms', () => {
  test.each<[string, string[], string[]]>([
    ['nothing is pinned', [], ['ssh-ed25519', 'ecdsa-sha2-nistp256']],
    ['rsa is pinned', [`f ${rsa.text}`], ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519']],
    ['ecdsa is pinned', [`f ${ecdsa.text}`], ['ecdsa-sha2-nistp256', 'ssh-ed25519']],
    ['rsa and ed25519 are pinned', [`f ${rsa.text}`, `f ${ed.text}`], ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']],
    ['rsa is only revoked', [`@revoked f ${rsa.text}`], ['ssh-ed25519', 'ecdsa-sha2-nistp256']],
    ['rsa is only pinned as an authority', [`@cert-authority f ${rsa.text}`], ['ssh-ed25519', 'ecdsa-sha2-nistp256']],
  ])('start with those that can be verified if %s', (_, lines, first) => {
    const algorithms = orderAlgorithms(parseKnownHosts(lines.join('\n')));
    expect(algorithms.slice(0, first.length)).toEqual(first);
    expect(algorithms.toSorted()).toEqual(orderAlgorithms([]).toSorted());
    expect(algorithms).not.toContain('ssh-rsa');
  });
});

describe('known_hosts files', () => {
  const lookUp = (host: string, ...files: string[]) =>
    lookUpHostKeys(
      parseSshConfig(host, `hostname ${host}\nuserknownhostsfile ${files.join(' ')}`, { home: '/', agent: undefined }),
    );

  test('are searched by host, port, pattern and hashed name', async () => {
    const plain = join(folder, 'plain');
    const hashed = join(folder, 'hashed');
    const lines = [
      `factory ${ed.text}`,
      `[factory]:2222 ${rsa.text}`,
      `@revoked fac* ${otherEd.text}`,
      `other ${ecdsa.text}`,
    ];
    writeFileSync(plain, `${lines.join('\n')}\n`);
    writeFileSync(hashed, `factory ${ecdsa.text}\n`);
    await execa('ssh-keygen', ['-H', '-f', hashed]);
    expect(readFileSync(hashed, 'utf8')).not.toContain('factory');
    const keys = await lookUp('factory', plain, join(folder, 'missing'), hashed);
    expect(keys).toEqual([
      ...parseKnownHosts(lines[0] ?? ''),
      ...parseKnownHosts(lines[2] ?? ''),
      ...parseKnownHosts(`f ${ecdsa.text}`),
    ]);
    expect(await lookUp('stranger', plain, hashed)).toEqual([]);
    const withPort = parseSshConfig('factory', `port 2222\nuserknownhostsfile ${plain}`, {
      home: '/',
      agent: undefined,
    });
    expect(await lookUpHostKeys(withPort)).toEqual(parseKnownHosts(lines[1] ?? ''));
  });
});
