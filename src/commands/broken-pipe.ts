/**
 * What is printed may be wanted no more (`| head -1`) or find no room (`> /dev/full`). That ends no work, which may be
 * half done: the rest of what it prints goes nowhere. Returns the first reason, once something was lost.
 */
export function watchOutput({ stdout, stderr }: NodeJS.Process): () => NodeJS.ErrnoException | undefined {
  let first: NodeJS.ErrnoException | undefined;
  stdout.on('error', (error) => {
    first ??= error;
  });
  stderr.on('error', () => {}); // there is nobody to tell
  return () => first;
}
