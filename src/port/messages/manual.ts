/** What port says about the manual. */
import { command, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { orList } from '../did-you-mean.ts';

export const noSuchTopic = (topic: string, near: readonly string[]) =>
  new Trouble('no-such-topic', EXIT.usage, `no help on ${JSON.stringify(escaped(topic))}`, {
    hint: [`${near.length > 0 ? `did you mean ${orList(near)}? ` : ''}to list all topics: `, command('help')],
  });
