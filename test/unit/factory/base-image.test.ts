import { describe, expect, test } from 'vitest';
import { withBaseImage } from '../../../src/factory/base-image.ts';
import { parseFactorySettings } from '../../../src/factory/read-settings.ts';
import { troubleOf } from '../trouble.ts';

const settings = (patterns: string) =>
  parseFactorySettings({ DOSKARA_BASE_IMAGE: 'debian:12', DOSKARA_BASE_IMAGES: patterns }, {});

describe('the base image that an app asks for', () => {
  test.each([
    ['', undefined, 'debian:12'],
    ['', 'debian:12', 'debian:12'],
    ['node:24', 'node:24', 'node:24'],
    ['ruby:3 node:*', 'node:24-slim', 'node:24-slim'],
    ['images.example:5000/base/*:*', 'images.example:5000/base/go:1', 'images.example:5000/base/go:1'],
    ['node@*:*', `node@sha256:${'a'.repeat(64)}`, `node@sha256:${'a'.repeat(64)}`],
  ])('with %j allowed, is for %j: %j', (patterns, asked, expected) => {
    expect(withBaseImage(settings(patterns), asked).baseImage).toBe(expected);
  });

  test.each([
    ['', 'node:24'],
    ['node:24', 'node:2'],
    ['node:24', 'node:24-slim'],
    ['node:24', 'other.example/node:24'],
    ['node', 'node:24'],
    ['node*', 'node:24'],
    ['*:24', 'other.example/node:24'],
    ['images.example/base/*', 'images.example/base/deep/go'],
    ['images.example/*', 'imagesxexample/go'],
    ['node:*', `node:24@sha256:${'a'.repeat(64)}`],
  ])('with %j allowed, cannot be %j', (patterns, asked) => {
    expect(troubleOf(() => withBaseImage(settings(patterns), asked))).toMatchObject({
      code: 'base-image-forbidden',
      message: `this factory does not allow the base image ${asked}`,
    });
  });

  test.each(['node:24 [a]', 'node;x', '(a|b)', 'a$', '^a', '-a', 'a\nb'])('cannot be allowed by %j', (patterns) => {
    expect(troubleOf(() => settings(patterns)).code).toBe('bad-settings');
  });
});
