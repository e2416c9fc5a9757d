import { describe, expect, test } from 'vitest';
import { isForeign, isPlain, parseLine, withApps } from '../../../src/port/keys/key-line.ts';

const KEY = 'ssh-ed25519 AAAAC3Nza+/=';
const ANN = { name: 'ann', type: 'ssh-ed25519', key: 'AAAAC3Nza+/=', apps: undefined };
const LIMITED = { ...ANN, apps: ['a', 'b'] };
const SERVE = '/usr/local/doskara/doskara serve ann';

describe('a line of authorized_keys', () => {
  test.each([
    ['as we write it', `restrict,command="${SERVE}" ${KEY} ann`, ANN],
    ['with two spaces before the key', `restrict,command="${SERVE}"  ${KEY} ann`, ANN],
    ['with two spaces in the key', `restrict,command="${SERVE}" ssh-ed25519  AAAAC3Nza+/= ann`, ANN],
    ['with tabs', `\t restrict,command="${SERVE}"\tssh-ed25519\tAAAAC3Nza+/=`, ANN],
    ['with two spaces in the command', `restrict,command="/doskara  serve  ann  --apps  a,b " ${KEY}`, LIMITED],
    ['with its options in another order', `COMMAND="${SERVE} --apps a,b",restrict ${KEY}`, LIMITED],
    ['with more options', `restrict,from="10.0.0.0/8,\\"x y\\"",command="${SERVE}" ${KEY}`, ANN],
    ['with a program whose name has a quote', `command="\\"/opt/do skara\\" serve ann" ${KEY}`, ANN],
  ])('that runs doskara serve has a key, %s', (_, line, key) => {
    expect(parseLine(line)).toEqual([key]);
    expect(isForeign(line)).toBe(false);
  });

  test.each([
    ['a key without a command', `${KEY} admin`],
    ['another command', `restrict,command="/bin/sh" ${KEY}`],
    ['a command that only mentions ours', `command="echo ${SERVE} now" ${KEY}`],
    ['our command inside another option', `environment="X=1 command=${SERVE}" ${KEY}`],
    ['quotes that do not end', `command="${SERVE} ${KEY}`],
  ])('that is foreign: %s', (_, line) => {
    expect(parseLine(line)).toEqual([]);
    expect(isForeign(line)).toBe(true);
  });

  test.each(['', '   ', `# command="${SERVE}" ${KEY}`, `  # ${KEY}`])('that has no key: %j', (line) => {
    expect(parseLine(line)).toEqual([]);
    expect(isForeign(line)).toBe(false);
  });

  test('is unchanged except for the apps when these change', () => {
    const line = (apps: string) => `from="10.*",command="${SERVE}  --apps  ${apps} "  ${KEY}  ann  --apps x`;
    expect(withApps(line('a,b'), ['c'])).toBe(line('c'));
    expect(withApps(line('a,b'), ['$&'])).toBe(line('$&'));
  });

  test('is plain if it has only our options', () => {
    expect(isPlain(`restrict,command="${SERVE}"  ${KEY}`)).toBe(true);
    expect(isPlain(`restrict,from="10.*",command="${SERVE}" ${KEY}`)).toBe(false);
    expect(isPlain(`command="${SERVE}" ${KEY}`)).toBe(false);
  });
});
