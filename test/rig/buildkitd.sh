#!/bin/sh
# buildkitd.sh: creates /var/cache/doskara/buildkitd from BuildKit's Go module, unless it exists. Without Go, or without
# the module, buildkitd.missing says why, and the tests that need it are left out.
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
rm -f $built $built.missing

leave_out() {
  echo "$1" >$built.missing
  echo "warning: the tests of remote builders are left out: $1" >&2
  exit 0
}
command -v go >/dev/null || leave_out 'there is no Go to make buildkitd with'

new=$cache/buildkitd.new
rm -rf $new
mkdir $new
trap 'rm -rf $new' EXIT
export GOPATH=$new GOCACHE=$new/cache GOFLAGS=-modcacherw CGO_ENABLED=0
go mod download $module@$version >$built.log 2>&1 || leave_out "no buildkitd: $(tail -n 1 $built.log)"

echo 'building buildkitd: some minutes, once'
if ! go -C $new/pkg/mod/$module@$version build -trimpath -ldflags "-s -w -X $module/version.Version=$version" \
  -o $new/buildkitd ./cmd/buildkitd >>$built.log 2>&1; then
  tail -n 5 $built.log >&2
  echo "error: cannot build $module/cmd/buildkitd $version with $(go version)" >&2
  echo "hint: see $built.log, and try again" >&2
  exit 1
fi
mv $new/buildkitd $built
