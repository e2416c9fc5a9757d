/** What the factory says about a build. */

import type { AppLayout } from '../../app-layout.ts';
import { command, forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import type { RunnerEvent } from '../../runner-events.ts';
import { formatBytes } from '../../units.ts';
import type { Builder } from '../docker/builders.ts';

export const waiting = (app: string) => `Waiting: another build of ${app} is running`;

/** `before`: builds that go first. */
export const waitingForPlace = (before: number) =>
  `Waiting: ${before === 1 ? '1 build' : `${before} builds`} ahead of this one`;

/** Mentions the builder only if it lacks BuildKit. */
export const building = (layout: AppLayout, baseImage: string, builder: Builder, files: number, bytes: number) =>
  `Building ${layout.kind === 'scripts' ? `on ${baseImage}` : layout.dockerfile}${builder === 'classic' ? ' with the classic builder' : ''} (${files} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)})`;

export const cachesOfAnother = (app: string) =>
  new Trouble('caches-of-another', EXIT.usage, `${app} asks for the caches and secrets of another app`, {
    hint: forAdmin(
      "this key is not for that app; if it was renamed, allow its former name, too, until the next build: --apps in the factory's authorized_keys",
    ),
  });

export const imageSize = (bytes: number) => `Image size: ${formatBytes(bytes)}`;
export const pushed = (image: string, digest: string) => `Pushed ${image}@${digest}`;
/** For a person who runs it by hand. */
export const verified = ({ digest, reproduced, layers }: Pick<Verified, 'digest' | 'reproduced' | 'layers'>) =>
  reproduced
    ? `Reproduced ${digest}`
    : `Not reproduced: ${digest}; other layers: ${layers.map(({ position, step }) => `${position} (${step})`).join(', ') || 'none'}`;
type Verified = Extract<RunnerEvent, { event: 'verified' }>;
export const verifying = (digest: string) => `Building anew, without any cache, to compare with ${digest}`;
export const pushing = (image: string) => `Pushing to ${image}`;

/** What an app does without there. */
export const classicBuilder = ({ kind }: AppLayout) =>
  kind === 'scripts'
    ? 'CACHE_DIR is empty in every build: this Docker has no BuildKit (install docker-buildx)'
    : 'a Dockerfile cannot use --mount, heredocs and COPY --link: this Docker has no BuildKit (install docker-buildx)';

/** `directive`: as it stands in the Dockerfile, or what else names a frontend. */
export const syntaxIgnored = (directive: string) =>
  `${escaped(directive.slice(0, 100))} is ignored: this factory uses Docker's own Dockerfile frontend (DOSKARA_SYNTAX)`;

export const cacheEmptied = (limit: number) =>
  `CACHE_DIR and the caches of apt were emptied: together they exceeded ${formatBytes(limit)} (DOSKARA_CACHE_LIMIT on the factory)`;

export const outputDropped = (lines: number) =>
  `${lines === 1 ? "1 line of the build's output is" : `${lines} lines of the build's output are`} missing here: nothing read it for a while`;

export const retagging = (reference: string, digest: string) => `Tagging ${digest.slice(0, 19)} as ${reference}`;

export const overtaken = (app: string) =>
  new Trouble('overtaken', EXIT.factory, `a newer build of ${app} finished while this one waited`, {
    hint: 'nothing to do: the newer image is the latest',
  });

export const clientGone = (app: string) =>
  new Trouble('client-gone', EXIT.cancelled, `the build of ${app} was cancelled: its sender disconnected`);

export const cancelledBuilds = (app: string, count: number) =>
  count === 0
    ? `no build of ${app} is running`
    : `cancelled ${count === 1 ? 'the build' : `${count} builds`} of ${app}`;

/** For the system log. `from`: the client, according to sshd. */
export const refusedOverSsh = (
  asked: string,
  reason: string,
  from: { key: string | undefined; address: string | undefined; tcpPort: string | undefined },
) => {
  const command = JSON.stringify(asked.length > 200 ? `${asked.slice(0, 200)}…` : asked);
  const place = `${from.address || 'nowhere'} port ${from.tcpPort ?? '?'}`;
  return escaped(`refused ${command} of key ${from.key ?? '(not told)'} from ${place}: ${reason}`);
};

export const bug = () => 'this is a bug in the runner';

/** For example because the machine shuts down. */
export const ended = (app: string, signal: string) =>
  new Trouble('ended', EXIT.factory, `the build of ${app} was killed on the factory (${signal})`, {
    hint: ['to build it again: ', command('replay', '<app>')],
  });

export const cancelled = (app: string) => new Trouble('cancelled', EXIT.cancelled, `the build of ${app} was cancelled`);
