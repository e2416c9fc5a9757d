import { describe, expect, test } from 'vitest';
import { formatHint } from '../../src/errors.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { printable } from '../../src/printable.ts';
import { HOSTILE } from '../rig/hostile/corpus.ts';
import { receive, streamOf, troubleFrom } from '../rig/receive.ts';

/** Byte by byte is slow, so only for small archives. */
const chunkSizesFor = (bytes: Buffer) => (bytes.length < 2000 ? [1, 7, 65_536] : [511, 65_536]);

describe('hostile archives are refused', () => {
  test.each(HOSTILE)('$title', async ({ sent, code, says, limits }) => {
    for (const chunkSize of chunkSizesFor(sent)) {
      const trouble = await troubleFrom(receive(streamOf(sent, chunkSize), limits));
      expect(trouble).toMatchObject({ code, exitCode: EXIT.refused });
      const text = `${trouble.message}\n${formatHint(trouble.hint ?? '')}`;
      if (typeof says === 'string') expect(text).toContain(says);
      else expect(text).toMatch(says);
      expect(
        text
          .split('\n')
          .map((line) => printable(line, false))
          .join('\n'),
      ).toBe(text);
    }
  });
});
