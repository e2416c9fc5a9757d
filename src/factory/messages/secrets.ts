/** What the factory says about the secrets of apps. */
import { command, forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { SSH_KEY } from '../../secrets.ts';

export const secretSet = ({ app, name }: { app: string; name: string }) => `set ${nameOf(name)} of ${app}`;
export const secretRemoved = ({ app, name }: { app: string; name: string }) => `removed ${nameOf(name)} of ${app}`;
export const secretsCleared = ({ app }: { app: string }) => `removed all secrets of ${app}`;

export const secretsThere = ({ app, names }: { app: string; names: readonly string[] }) =>
  `this factory has ${names.map(nameOf).join(', ')} of ${app}`;

const nameOf = (name: string) => (name === SSH_KEY ? 'the ssh key' : name);

export const valueCutShort = (got: number, bytes: number) =>
  new Trouble('secret-cut-short', EXIT.factory, `${got} bytes of a secret arrived instead of ${bytes}`, {
    hint: 'the connection may have been lost: try again',
  });

export const secretsMissing = (app: string, names: readonly string[]) =>
  new Trouble('secret-missing', EXIT.factory, `this factory does not have ${names.map(nameOf).join(', ')} of ${app}`, {
    hint: forAdmin([
      'on port: ',
      ...names.flatMap((name, index) => [
        index === 0 ? '' : '; ',
        command('secret', 'set', app, name === SSH_KEY ? '--ssh' : name),
        name === SSH_KEY ? ' < KEY' : '',
      ]),
    ]),
  });

export const secretsNeedBuildKit = (app: string) =>
  new Trouble('secrets-need-buildkit', EXIT.factory, `this Docker has no BuildKit, which the secrets of ${app} need`, {
    hint: forAdmin('on the factory: apt-get install docker-buildx'),
  });
