/** What docker says at its end, as values. */

/** Why docker failed: its last line, without what it puts before every reason. */
export function lastLine(lines: readonly string[]): string {
  const line = lines.findLast((text) => text.trim() !== '') ?? 'it said nothing';
  return line.replace(PREFIXES, '') || line;
}

/** `Dockerfile:2`, and the lines around it between two rules. */
export function excerptOf(lines: readonly string[]): string[] {
  const start = lines.findLastIndex((line, i) => /^\S+:\d+$/.test(line) && /^-{10,}$/.test(lines[i + 1] ?? ''));
  const end = lines.findIndex((line, i) => i > start + 1 && /^-{10,}$/.test(line));
  return start === -1 || end === -1 ? [] : lines.slice(start, end + 1);
}

/** What docker and BuildKit put before a reason; the last two tell of a push which image and which request it was. */
const PREFIXES =
  /^(?:ERROR: |error: |failed to build: |failed to solve(?: with frontend dockerfile\.v0)?: |Error response from daemon: |failed to push \S+: |failed to do request: \w+ "[^"]*": )+/;

/** Whether a registry may take later what it did not take now: not so where it said no. */
export function isWorthRetrying(reason: string): boolean {
  if (isDenied(reason) || /name (?:unknown|invalid)|\b404\b/i.test(reason)) return false;
  return /blob unknown|refused|reset|timeout|timed out|EOF|broken pipe|no route|unreachable|temporar|\b5\d\d\b/i.test(
    reason,
  );
}

/** Whether a registry takes nothing at all for now, or for ever. */
export function isReadOnly(reason: string): boolean {
  return /\b405\b/.test(reason);
}

export function isDenied(reason: string): boolean {
  return /denied|unauthorized|authentication|forbidden|\b40[13]\b/i.test(reason);
}

/** Whether a registry has no such image, or no such tag of it; if access is denied, it may have one. */
export function isGone(reason: string): boolean {
  return /not found|manifest unknown|does not exist/i.test(reason);
}

/**
 * Whether BuildKit's cache lists a layer that is not there any more, as it now and then does after a build that was cut
 * off: https://github.com/moby/buildkit/issues/6977. It fails again and again, until the cache is left alone.
 */
export function isCacheDamaged(reason: string): boolean {
  return /snapshot \S+ does not exist/.test(reason);
}

/** Whether the warehouse does not know the media types of layers compressed with zstd. */
export function isMediaTypeRefused(reason: string): boolean {
  return /manifest[ _]invalid|unsupported media type|mediatype|media type|\b415\b/i.test(reason);
}

/**
 * Whether the connection to a builder broke while it built: what gRPC and buildx say then, none of which a registry says
 * that BuildKit pulls from or pushes to.
 */
export function isBuilderLost(reason: string): boolean {
  return /code = Unavailable|(?:^|: )Unavailable: |error reading from server|transport is closing|failed to (?:receive status|list workers)|no active session/.test(
    reason,
  );
}

/** The digest that the registry now has, from what `docker push` prints last. */
export function pushedDigest(lines: readonly string[]): string | undefined {
  return lines.map((line) => /^\S+: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(line)?.[1]).findLast(Boolean);
}

/** The digest in the file that `--metadata-file` names. */
export function builtDigest(metadata: string): string | undefined {
  const digest = (parse(metadata) as { 'containerimage.digest'?: unknown } | undefined)?.['containerimage.digest'];
  return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) ?? undefined;
  } catch {
    return undefined;
  }
}
