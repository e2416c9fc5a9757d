/** What an app's archive may hold. Hard links and symbolic links have a target. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'hardlink';

/**
 * One entry as its header describes it. Names are bytes, not text: git allows any byte but NUL and `/` in a name, so
 * they are kept as "binary" strings, one character a byte, and come out of us as they came in.
 */
export interface Entry {
  name: string;
  kind: EntryKind;
  target: string;
  mode: number;
  /** Seconds since 1970. */
  mtime: number;
  /** Bytes of the body. */
  size: number;
}

/** A name of an entry as text, for messages. */
export function nameAsText(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}
