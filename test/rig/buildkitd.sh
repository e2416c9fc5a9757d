#!/bin/sh
# buildkitd.sh: creates /var/cache/doskara/buildkitd from BuildKit's Go module, unless it exists. Without it, the tests of
# remote builders are left out.
set -eu
version=v0.34.2
module=github.com/moby/buildkit
cache=/var/cache/doskara
built=$cache/buildkitd

# another version means another program
is_built() { $built --version 2>/dev/null | grep -qw $version; }
is_built && exit 0
mkdir -p $cache
# of two runs at a time, the second one waits for the first
exec 9>$cache/buildkitd.lock
flock 9
is_built && exit 0

fail() {
  echo "error: cannot build $module/cmd/buildkitd $version: $1" >&2
  echo "hint: $2" >&2
  exit 1
}
command -v go >/dev/null || fail 'there is no go' 'install Go 1.26 or later'

new=$cache/buildkitd.new
rm -rf $new
mkdir $new
trap 'rm -rf $new' EXIT
export GOPATH=$new GOCACHE=$new/cache GOFLAGS=-modcacherw CGO_ENABLED=0
go mod download $module@$version >$built.log 2>&1 || fail "$(tail -n 1 $built.log)" 'check the network and GOPROXY, and try again'

echo 'building buildkitd: some minutes, once'
if ! go -C $new/pkg/mod/$module@$version build -trimpath -ldflags "-s -w -X $module/version.Version=$version" \
  -o $new/buildkitd ./cmd/buildkitd >>$built.log 2>&1; then
  fail "$(tail -n 1 $built.log)" "see $built.log; this is $(go version)"
fi
mv $new/buildkitd $built
