/** What port says about a build that is made again to be compared. */
import { command, forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import type { DifferingLayer } from '../../runner-events.ts';
import type { BuildRecord } from '../build-record.ts';
import { error, indented, refused, short } from './text.ts';

type Built = Pick<BuildRecord, 'app' | 'number' | 'commit' | 'subject' | 'digest'>;

export const verifying = ({ app, number, commit, subject }: Built) =>
  `Verifying build ${number} of ${app}: ${short(commit)} ${escaped(subject)}`;

export const waiting = ({ app }: Built) => `Waiting: a build of ${app} is running`;

export const neverBuilt = (app: string, commit: string) =>
  refused('never-built', `no build of ${short(commit)} to compare with`, [
    'to see what was built: ',
    command('builds', app),
  ]);

export const notReproducible = ({ app, number, commit }: Built) =>
  new Trouble('not-reproducible', EXIT.usage, `build ${number} of ${app} was built without doskara.reproducible`, {
    hint: forAdmin(
      [
        'to make it so: ',
        command('config', app, 'reproducible', 'true'),
        '; then ',
        command('replay', app, short(commit)),
      ],
      'ask an admin to set doskara.reproducible, then build it again',
    ),
  });

export const reproduced = ({ digest }: Built) => `success: reproduced ${digest}`;

export const differences = (layers: readonly DifferingLayer[]) =>
  layers.length === 0 ? "All layers are the same; the image's configuration differs" : 'Layers that differ:';

export const differingLayer = ({ platform, position, of, step }: DifferingLayer) =>
  indented(`${position} of ${of}${platform === null ? '' : ` (${escaped(platform)})`}: ${escaped(step)}`);

export const notReproduced = ({ number, digest }: Built, now: string) =>
  error(`not reproduced: build ${number} is ${digest}, and this one is ${now}`);
