import { expect, test } from 'vitest';
import { missingConfig, withoutOurConfig } from '../../../src/port/git/receive-config.ts';

test.each<[string, string]>([
  ['is empty', ''],
  ['is new', '[core]\n\trepositoryformatversion = 0\n\tbare = true\n'],
  ['has other sections', '[core]\n\tbare = true\n[remote "origin"]\n\turl = x\n'],
  ['has some of the lines', '[receive]\n\thideRefs = refs/built\n\tfsckObjects = false\n'],
  ['has others in the same section', '[receive]\n\tdenyDeletes = true ; ours\n'],
])('what is added once to a configuration that %s can be removed again', (_, text) => {
  const configured = text + missingConfig(text);
  expect(missingConfig(configured)).toBe('');
  expect(configured.match(/fsckObjects/g)).toHaveLength(1);
  expect(withoutOurConfig(configured)).toBe(text);
});

test('lines that others added to our section stay', () => {
  const added = `${missingConfig('').replace(/(?=\[core\])/, '\tdenyDeletes = true\n')}`;
  expect(withoutOurConfig(added)).toBe('[receive]\n\tdenyDeletes = true\n');
});
