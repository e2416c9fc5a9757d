/** What port says about tags that an admin gives to images. */
import { command, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';

export const badPromotedTag = (tag: string) =>
  new Trouble('bad-tag', EXIT.usage, `${JSON.stringify(escaped(tag))} cannot be given to an image`, {
    hint: [
      'use letters, digits, and . _ - between them, such as production; not latest, buildcache or a commit id: ',
      command('promote', '<app>', '[build]', '<tag>'),
    ],
  });
