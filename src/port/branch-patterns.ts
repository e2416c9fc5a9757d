/** Which branches are built, and the tags of their images: as values, nothing here asks git. */
import { isImageTag } from '../image-tag.ts';

/** A longer name matches no pattern: see MAX_STARS. */
const MAX_NAME_LENGTH = 255;

/** A pattern with more takes too long to compare with a name that a pusher chose. */
const MAX_STARS = 3;

/** By the rules of git-check-ref-format(1), with stars. */
const UNFIT = /[\p{Cc} ~^:?[\\]|\.\.|@\{|\/\/|^[/-]|\/$|\.$|(?:^|\/)\.|\.lock(?:\/|$)|\*{3}|^@$/u;

/** Parses a value of doskara.branch; undefined if it is neither the name of a branch nor a pattern. */
export function readBranch(value: string): string | undefined {
  const name = value.replace(/^refs\/heads\//, '');
  if (name === '' || name.length > MAX_NAME_LENGTH || UNFIT.test(name)) return undefined;
  return name.split(/\*+/).length - 1 > MAX_STARS ? undefined : name;
}

export const isPattern = (value: string) => value.includes('*');

/** `branches`: names and patterns. `*` stands for any part of a name but a slash, `**` for a slash, too. */
export function isBuiltBranch(branches: readonly string[], name: string): boolean {
  return branches.some((each) => (isPattern(each) ? matches(each, name) : each === name));
}

function matches(pattern: string, name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  const parts = pattern.split(/(\*\*?)/).map((part) => WILD[part] ?? part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('')}$`).test(name);
}

const WILD: Record<string, string> = { '*': '[^/]*', '**': '.*' };

/** `release/1.2` → `release-1.2`. undefined if nothing is left of it, or too much. */
export function tagOfBranch(branch: string): string | undefined {
  const tag = branch.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  return isImageTag(tag) ? tag : undefined;
}

/** Without refs/heads/; undefined for any other ref. */
export const branchIn = (ref: string): string | undefined => /^refs\/heads\/(.+)$/.exec(ref)?.[1];
