/** What people give on standard input. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Reads all of it, but no further than a little beyond `limit` bytes. */
export async function readInput(limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks);
}

/** Asks for a line on the terminal, without an echo. undefined: Ctrl-C or Ctrl-D. */
export async function readHidden(question: string): Promise<string | undefined> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  try {
    return await new Promise((resolve) => {
      terminal.once('line', resolve);
      terminal.once('close', () => resolve(undefined));
    });
  } finally {
    terminal.close();
    process.stdin.destroy(); // an open one would keep the process alive
    process.stderr.write('\n');
  }
}
