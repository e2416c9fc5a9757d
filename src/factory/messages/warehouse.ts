/** What the factory says about the warehouse's disk. */
import { forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { warning } from '../../finding.ts';
import { formatBytes } from '../../units.ts';
import { warehouseHint } from './docker.ts';
import { fault } from './fault.ts';

const KEEP_ALL = 'or keep all: DOSKARA_KEEP_TAGS=0 in /etc/doskara/factory.env';
const GET_SKOPEO = `apt-get install skopeo; ${KEEP_ALL}`;
const ALLOW_DELETES = `in the registry's configuration: storage.delete.enabled: true; ${KEEP_ALL}`;

export const skopeoMissing = () =>
  fault('skopeo-missing', 'cannot remove images from the warehouse: skopeo is not installed', GET_SKOPEO);

export const deletesRefused = (registry: string) =>
  new Trouble('deletes-refused', EXIT.warehouse, `the warehouse ${registry} does not let images be removed`, {
    hint: forAdmin(ALLOW_DELETES),
  });

export const warehouseSilent = (registry: string, reason: string) =>
  new Trouble('warehouse-silent', EXIT.warehouse, `cannot ask the warehouse ${registry} for its images: ${reason}`, {
    hint: forAdmin(warehouseHint(registry, reason, `curl ${registry}/v2/`)),
  });

/** What `--check` makes of these. */
export const tagsStay = ({ code, message }: Trouble) =>
  warning(
    'tags',
    code,
    `old images stay in the warehouse: ${message}`,
    code === 'skopeo-missing' ? `on the factory: ${GET_SKOPEO}` : ALLOW_DELETES,
  );

export const referrersUnknown = (registry: string) =>
  new Trouble('referrers-unknown', EXIT.warehouse, `cannot ask the warehouse ${registry} what refers to an image`, {
    hint: forAdmin(`on the factory, as the docker user: docker login ${registry}; ${KEEP_ALL}`),
  });

export const allTagsStay = () => 'DOSKARA_KEEP_TAGS is 0: all images stay in the warehouse';
export const tagsBusy = (app: string) => `warning: ${app} is being built: its old images stay until the next run`;
export const tagsNotPruned = (app: string, { message }: Trouble) => `warning: ${app}: ${message}`;

/** `images`: manifests, of which some had lost their tag. */
export const prunedTags = (app: string, tags: number, images: number, kept: number) =>
  `removed ${count(tags, 'tag')}${tags === images ? '' : ` (${count(images, 'image')})`} of ${app}, kept ${kept}`;
export const unknownTags = (app: string, tags: number) =>
  `kept ${count(tags, 'tag')} of ${app} that this factory did not push`;
export const nothingPruned = () => 'no old images in the warehouse';

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

// Collecting the registry's garbage

const COLLECT = '/usr/local/doskara/build.sh --collect-garbage';

export const collectNeedsRoot = () =>
  new Trouble('not-root', EXIT.usage, 'only root can collect the garbage of the registry', {
    hint: `sudo ${COLLECT}`,
  });
export const notOurRegistry = (configFile: string) =>
  new Trouble(
    'not-our-registry',
    EXIT.warehouse,
    `${configFile} does not belong to a registry that ./install.sh set up here`,
    {
      hint: 'for another registry, see its own manual; for docker-registry: docker-registry garbage-collect --help',
    },
  );
export const registryDown = (address: string) =>
  new Trouble('registry-down', EXIT.warehouse, `the registry does not answer on ${address}`, {
    hint: 'service docker-registry status',
  });
export const collectRuns = () => 'the garbage of the registry is being collected already';
export const collectFailed = (reason: string) =>
  notCollected('collect-failed', `docker-registry garbage-collect: ${reason}`);
export const dryRunUnclear = () =>
  notCollected('dry-run-unclear', 'this version of docker-registry does not say what it would delete as expected');
export const dryRunWrong = (used: readonly string[]) =>
  notCollected(
    'dry-run-wrong',
    `docker-registry would delete ${count(used.length, 'blob')} that images still need, such as ${used[0]}`,
  );
export const collectTooLong = () => notCollected('collect-too-long', 'it took more than an hour');
export const collectEnded = (signal: string) => notCollected('collect-ended', `it was ended (${signal})`);

const notCollected = (code: string, reason: string) =>
  new Trouble(code, EXIT.warehouse, `the garbage of the registry was not collected: ${reason}`, {
    hint: `the registry takes images again; to try again: ${COLLECT}`,
  });

export const collected = (before: number, after: number) =>
  `collected the garbage of the registry: freed ${formatBytes(Math.max(0, before - after))}, ${formatBytes(after)} used`;
