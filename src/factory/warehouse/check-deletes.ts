import { Trouble } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { PROBE_APP, PROBE_TAG } from '../docker/registry-probe.ts';
import { tagsStay } from '../messages/warehouse.ts';
import type { FactorySettings } from '../settings.ts';
import { openSkopeo } from './skopeo.ts';

/**
 * Removes from the warehouse the image that another check has pushed, which shows whether old images can be. A finding
 * only if not: whether the warehouse answers is another check's.
 */
export async function checkDeletes(settings: FactorySettings): Promise<Finding | undefined> {
  if (settings.keepTags === 0) return undefined;
  const skopeo = await openSkopeo(settings);
  return skopeo.remove(PROBE_APP, PROBE_TAG).then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Trouble)) throw error;
      return error.code === 'warehouse-silent' ? undefined : tagsStay(error);
    },
  );
}
