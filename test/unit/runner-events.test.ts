import { describe, expect, test } from 'vitest';
import { formatEvent, parseEvent, type RunnerEvent } from '../../src/runner-events.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an event of the runner', () => {
  test.each<RunnerEvent>([
    { event: 'waiting' },
    { event: 'building' },
    { event: 'pushing', image: 'warehouse:5000/myapp' },
    { event: 'pushed', image: 'images.example.com/team/my.app', digest: DIGEST, bytes: 2 ** 41 },
    { event: 'pushed', image: 'localhost/app', digest: DIGEST, bytes: null },
  ])('is one line, and is parsed unchanged: %j', (event) => {
    expect(formatEvent(event)).not.toContain('\n');
    expect(parseEvent(formatEvent(event))).toEqual(event);
  });

  test.each([
    ['output of a build, which is indented', `       ${formatEvent({ event: 'pushing', image: 'w/a' })}`],
    ['a heading', '-----> Pushing to w:5000/a'],
    ['an empty line', ''],
  ])('is not %s', (_, line) => {
    expect(parseEvent(line)).toBeUndefined();
  });

  test.each([
    ['a short digest', '{"event":"pushed","image":"w/a","digest":"sha256:abc"}'],
    ['an image with a space', '{"event":"pushing","image":"w/a b"}'],
    ['an event from a later version', '{"event":"signed","image":"w/a"}'],
    ['not an object', 'null'],
    ['not JSON', '{"event":'],
  ])('with %s is ignored', (_, json) => {
    expect(parseEvent(`doskara-event ${json}`)).toEqual({ event: 'unknown' });
  });

  test('without a valid size has none', () => {
    const line = `doskara-event {"event":"pushed","image":"w/a","digest":"${DIGEST}","bytes":1e99}`;
    expect(parseEvent(line)).toMatchObject({ event: 'pushed', bytes: null });
  });
});
