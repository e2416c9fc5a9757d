import { expect, test } from 'vitest';
import { lastWithoutExec } from '../../../src/builds/preflight/exec-hint.ts';

test.each([
  ['a program after another', 'npm run migrate\nnode server.js\n', 'node server.js'],
  ['a program after set -e', '#!/bin/sh\nset -e\n\n./server --port 80\n# the end\n', './server --port 80'],
  ['arguments over two lines', 'cd app\nnode server.js \\\n  --port 80\n', 'node server.js    --port 80'],
  ['variables and quotes', `cd app\nnode "my server.js" '' "\${PORT:-80}"`, `node "my server.js" '' "\${PORT:-80}"`],
  ['output that goes elsewhere', 'cd app\nnode server.js >log 2>&1\n', 'node server.js >log 2>&1'],
  ['variables in front', 'cd app\nNODE_ENV=production node server.js\n', 'NODE_ENV=production node server.js'],
  ['a comment behind', 'cd app\nnode server.js # runs it\n', 'node server.js'],
  ['CRLF', 'cd app\r\nnode server.js\r\n', 'node server.js'],
])('a script that ends with %s needs exec', (_, script, last) => {
  expect(lastWithoutExec(script)).toBe(last);
});

test.each([
  ['exec', 'npm run migrate\nexec node server.js\n'],
  ['exec after a condition', 'cd app\ntest -e x && exec node server.js\n'],
  ['exec with variables in front', 'cd app\nA=1 exec node server.js\n'],
  ['its only command', '#!/bin/sh\n# the server\nnode server.js\n'],
  ['nothing', ''],
  ['comments alone', '#!/bin/sh\n# nothing\n'],
  ['wait', 'node server.js &\nwait\n'],
  ['wait for one', 'cd app\nwait $pid\n'],
  ['fi', 'if true; then\n  node server.js\nfi\n'],
  ['done', 'while true; do\n  node server.js\ndone\n'],
  ['done and a redirection', 'while read -r l; do\n  echo $l\ndone <menu\n'],
  ['esac', 'case $1 in\n  web) node server.js ;;\nesac\n'],
  ['the end of a group', '{\n  node server.js\n}\n'],
  ['the end of a subshell', '(\n  node server.js\n)\n'],
  ['a function call', 'main() {\n  node server.js\n}\nmain "$@"\n'],
  ['a builtin', 'node setup.js\necho ready\n'],
  ['exit', 'node server.js\nexit 0\n'],
  ['an assignment', 'node server.js\ncode=$?\n'],
  ['a variable as the program', 'cd app\n"$SERVER" --port 80\n'],
  ['a pipe', 'cd app\nnode server.js | tee log\n'],
  ['a pipe over two lines', 'cd app\nnode server.js |\n  tee log\n'],
  ['and', 'cd app\ntrue &&\n  node server.js\n'],
  ['a program in the background', 'cd app\nnode server.js &\n'],
  ['a program after one in the background', 'nginx &\nnode server.js\n'],
  ['a program, with a trap', "trap 'kill 0' TERM\nnode server.js\n"],
  ['a here-document', 'cat >conf <<EOF\nx\nEOF\n'],
  ['text over several lines', "cd app\nnode -e '\nrun()\n'\n"],
  ['a substitution', 'cd app\nnode $(cat name)\n'],
  ['a line of 300,000 spaces', `cd app\nnode a${' '.repeat(300_000)}b\n`],
  ['another script that is read', 'cd app\n. ./start\n'],
])('a script that ends with %s does not', (_, script) => {
  expect(lastWithoutExec(script)).toBeUndefined();
});
