import { describe, expect, test } from 'vitest';
import { isSubmoduleHost, parseSubmoduleUrl, resolveSubmoduleUrl } from '../../../src/port/git/submodule-url.ts';

describe('the URL of a submodule', () => {
  test.each([
    ['https://git.example.org/team/lib.git', 'git.example.org'],
    ['https://GIT.example.org:443/~ann/lib', 'git.example.org'],
    ['https://git.example.org:8443/lib', 'git.example.org:8443'],
    ['ssh://git@git.example.org/lib', 'git.example.org'],
    ['ssh://git.example.org:2222/srv/lib.git', 'git.example.org:2222'],
    ['git@git.example.org:team/lib.git', 'git.example.org'],
    ['git.example.org:/srv/git/lib.git', 'git.example.org'],
  ])('%j is fetched from %s', (url, host) => {
    expect(parseSubmoduleUrl(url)).toEqual({ url, host });
  });

  test.each([
    '',
    '/srv/git/lib.git',
    './lib',
    '../lib',
    'file:///srv/git/lib.git',
    'http://git.example.org/lib',
    'git://git.example.org/lib',
    'ext::sh -c id',
    'ext::id',
    '-oProxyCommand=id:lib',
    'ssh://-oProxyCommand=id/lib',
    'ssh://git@-oProxyCommand=id/lib',
    'https://user:secret@git.example.org/lib',
    'https://user@git.example.org/lib',
    'https://git.example.org/../lib',
    'https://git.example.org/a/../b',
    'git@git.example.org:../lib',
    'git@git.example.org:-lib',
    'https://git.example.org',
    'https://git.example.org/',
    'https://git.example.org/a b',
    'https://git.example.org/a?b',
    'https://git.example.org/a#b',
    'https://git.example.org/$(id)',
    'https://git.example.org/a\nb',
    'https://[::1]/lib',
    `https://git.example.org/${'a'.repeat(1024)}`,
    'HTTPS::https://git.example.org/lib',
  ])('%j is not fetched', (url) => {
    expect(parseSubmoduleUrl(url)).toBeUndefined();
  });

  test.each([
    ['../lib', 'https://h.example/team/app.git', 'https://h.example/team/lib'],
    ['../../other/lib', 'https://h.example/team/app.git/', 'https://h.example/other/lib'],
    ['./lib', 'https://h.example/app', 'https://h.example/app/lib'],
    ['.././../lib', 'git@h.example:team/app', 'git@h.example:lib'],
    ['../lib', 'git@h.example:app', 'git@h.example:lib'],
    ['../lib', 'ssh://git@h.example:22/app', 'ssh://git@h.example:22/lib'],
    ['../../lib', 'ssh://git@h.example/app', ''],
    ['../../lib', 'git@h.example:app', ''],
    ['../../../../lib', 'https://h.example/app', ''],
  ])('%j, relative to %j, is %j', (url, base, resolved) => {
    expect(resolveSubmoduleUrl(url, base)).toBe(resolved);
  });

  test('may be allowed by its host, and by its port if that is not the default', () => {
    for (const host of ['git.example.org', 'git.example.org:8443', '10.0.0.1'])
      expect(isSubmoduleHost(host)).toBe(true);
    for (const host of ['', '*', 'Git.example.org', 'a b', 'a/b', '-a', 'a:', 'https://a'])
      expect(isSubmoduleHost(host)).toBe(false);
  });
});
