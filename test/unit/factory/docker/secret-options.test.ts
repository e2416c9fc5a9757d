import { expect, test } from 'vitest';
import * as commands from '../../../../src/factory/docker/commands.ts';
import { PLAIN_IMAGE } from '../../../../src/image-options.ts';

const image = { name: 'w/a', references: ['w/a:latest'], labels: {} };
const order = { context: '/spool/x', image, noCache: false, cgroup: undefined, imageOptions: PLAIN_IMAGE };
const folder = '/spool/builds/a@1-2/secrets';
const files = new Map(['A', 'NPM_TOKEN'].map((name) => [name, `${folder}/${name}`]));
const options = [`--secret=id=A,src=${folder}/A`, `--secret=id=NPM_TOKEN,src=${folder}/NPM_TOKEN`];
const how = { builderName: '', progress: 'rawjson', cache: undefined } as const;
const push = { ...how, exporter: 'image', compression: 'zstd', metadataFile: '/m' } as const;

test('docker is told of secrets by their names and our own paths, however it builds', () => {
  const key = `${folder}/ssh`;
  for (const sshKey of [undefined, key]) {
    const given = { ...order, secrets: { files, sshKey } };
    const expected = sshKey === undefined ? options : [...options, `--ssh=default=${key}`];
    const all = [
      commands.build('buildkit', given),
      commands.buildAndPush({ ...given, ...push }),
      commands.buildAndLoad({ ...given, ...how }),
    ];
    for (const args of all) expect(args.filter((arg) => /^--(?:secret|ssh)/.test(arg))).toEqual(expected);
  }
});

test('without secrets it is not', () => {
  const none = { ...order, secrets: { files: new Map(), sshKey: undefined } };
  for (const each of [order, none]) expect(commands.build('classic', each).join(' ')).not.toMatch(/--secret|--ssh/);
});
