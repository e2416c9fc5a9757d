import { describe, expect, test } from 'vitest';
import { withoutSyntax } from '../../../src/factory/image/syntax-directive.ts';

const BODY = 'FROM a\n# syntax=b\nRUN x\n';
const MARK = '\u00ef\u00bb\u00bf';

describe('the frontend that a Dockerfile asks for', () => {
  test.each([
    ['# syntax=a/b:1\n', '#\n'],
    ['#syntax=a\n', '#\n'],
    ['#   SynTax  =  a\r\n', '#\n'],
    ['// syntax=a\n', '#\n'],
    ['#!/usr/bin/env x\n# syntax=a\n', '#\n#\n'],
    [`${MARK}# syntax=a\n`, '#\n'],
    ['# escape=`\n# syntax=a\n', '# escape=`\n#\n'],
    ['# syntax=a\n# check=skip=all\n# escape=`\n', '# check=skip=all\n# escape=`\n#\n'],
    ['# syntax=a\n# a comment\n# escape=`\n', '#\n#\n#\n'],
    ['\n# syntax=a\n', '#\n#\n'],
    ['# unknown=a\n# syntax=a\n\n# more\n', '#\n#\n#\n#\n'],
    ['#!x\n// syntax=a\n', '#\n#\n'],
    ['# "syntax"=a\n', '#\n'],
  ])('is taken out, and no line moves: %j', (comments, expected) => {
    const { text = '', ignored } = withoutSyntax(comments + BODY) ?? {};
    expect(text).toBe(expected + BODY);
    expect(ignored?.toLowerCase()).toContain('syntax');
  });

  test.each([
    BODY,
    `# escape=\`\n${BODY}`,
    `# a comment on syntax\n# of syntax = grammar\n${BODY}`,
    `ARG a\n# syntax=a\n${BODY}`,
    '',
    'FROM a',
  ])('is none: %j', (text) => {
    expect(withoutSyntax(text)).toBeUndefined();
  });

  test('is not found in a file of JSON either, which is no Dockerfile then', () => {
    expect(withoutSyntax('{"\\u0073yntax": "a"}')?.text).toBe('#\n{"\\u0073yntax": "a"}');
    expect(withoutSyntax(`${MARK} \n{"syntax": "a"}`)?.text.startsWith('#\n')).toBe(true);
    expect(withoutSyntax('#!/bin/x\r\n\n {"syntax": "a"}')?.text).toBe('#\n#!/bin/x\r\n\n {"syntax": "a"}');
  });

  test('keeps bytes that are no text', () => {
    expect(withoutSyntax(`# syntax=a\nRUN \xff\xfe\n`)?.text).toBe('#\nRUN \xff\xfe\n');
  });
});
