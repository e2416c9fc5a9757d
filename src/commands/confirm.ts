import { createInterface } from 'node:readline';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';

/** Has somebody at a terminal type a name. Without a terminal, and for any other answer, it is a Trouble. */
export async function confirmByName(question: string, name: string, hint: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new Trouble('not-confirmed', EXIT.usage, 'nobody is at a terminal here to confirm it', { hint });
  process.stdout.write(question);
  const answer = await readLine();
  if (answer === undefined) process.stdout.write('\n');
  if (answer?.trim() !== name)
    throw new Trouble('not-confirmed', EXIT.usage, `that was not ${name}: nothing has been done`, { hint });
}

/** undefined: Ctrl-D. A terminal that stays open to be read would keep us from ending. */
async function readLine(): Promise<string | undefined> {
  try {
    for await (const line of createInterface({ input: process.stdin })) return line;
    return undefined;
  } finally {
    process.stdin.destroy();
  }
}
