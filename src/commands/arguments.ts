/** Arguments and options that several commands take. */
import { isAppName } from '../contract.ts';
import type { ArgumentSpec, OptionSpec } from './spec.ts';

export const APP: ArgumentSpec = {
  name: 'app',
  completes: 'apps',
  grammar: { fits: isAppName, wanted: "an app's name" },
};

export const COMMIT: ArgumentSpec = {
  name: 'commit',
  meaning: "a commit id, branch or tag (default: the branch's head)",
  optional: true,
  completes: 'commits',
  grammar: { fits: isCommitName, wanted: 'a commit id, a branch or a tag' },
};

export const JSON_OPTION: OptionSpec = { flags: '--json', meaning: 'print JSON' };

/**
 * An id, a branch or a tag, by the rules of git-check-ref-format(1) and stricter: letters and digits of any script and a
 * few signs, so that git reads none of them as an option, a range, a path or other revision syntax.
 */
export function isCommitName(word: string): boolean {
  return (
    word.length <= 255 &&
    /^[\p{L}\p{M}\p{N}._/@+=,#-]+$/u.test(word) &&
    !/^[-/]|\/\/|\.\.|(?:^|\/)\.|\.(?:lock)?(?:\/|$)|\/$|^@$/.test(word)
  );
}
