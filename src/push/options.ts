/** What a pusher can ask for with `git push -o <option>`. */
export interface PushOptions {
  /** Let the build go on alone, and end the push. */
  detach: boolean;
  /** Build every step anew. */
  noCache: boolean;
  /** Take the commit without building it. */
  skip: boolean;
  /** What is none of these. */
  unknown: string[];
}

const KNOWN = ['detach', 'no-cache', 'skip'];

/** git passes them to the hook as GIT_PUSH_OPTION_COUNT and GIT_PUSH_OPTION_0, _1, … (githooks(5)). */
export function readPushOptions(env: NodeJS.Dict<string>): PushOptions {
  const count = Number(env['GIT_PUSH_OPTION_COUNT']) || 0; // no more than an environment holds: 2 MB
  const options = Array.from({ length: count }, (_, i) => env[`GIT_PUSH_OPTION_${i}`] ?? '');
  return {
    detach: options.includes('detach'),
    noCache: options.includes('no-cache'),
    skip: options.includes('skip'),
    unknown: options.filter((option) => !KNOWN.includes(option)),
  };
}
