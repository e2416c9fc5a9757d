#!/bin/sh
# deploy.sh REGISTRY: runs an image of an app on this machine, in place of the previous one. If the new container does not
# become healthy, the old one comes back, and the exit code is 1.
#
# It is the forced command of an ssh key, whose holder can name an app and a digest and nothing else:
#   restrict,command="/usr/local/doskara/examples/deploy.sh 127.0.0.1:5000" ssh-ed25519 AAAA...
#   ssh -i KEY docker@HOST "myapp sha256:..."
#
# Set-up, and options of `docker create` for an app: doskara help after-build. An upgrade replaces this file, so change a
# copy of it.
set -euf
export LC_ALL=C

options_folder=${DOSKARA_DEPLOY_OPTIONS:-/etc/doskara/deploy}

# Together less than the 5 minutes that doskara.afterBuild may take.
LOCK_SECONDS=30
PULL_SECONDS=120
HEALTHY_SECONDS=90
# A container without HEALTHCHECK must run for this long.
RUNNING_SECONDS=10

fail() {
  printf 'error: %s\n' "$1"
  shift
  [ $# = 0 ] || printf 'hint: %s\n' "$@"
  exit 1
}

# The rule of src/contract.ts.
is_app_name() {
  case $1 in '' | *[!a-z0-9._-]* | [._-]* | *[._-] | *[._-][._-]* | *.git) return 1 ;; esac
  [ ${#1} -le 63 ]
}

is_digest() {
  hex=${1#sha256:}
  case $hex in *[!0-9a-f]*) return 1 ;; esac
  [ "$1" = "sha256:$hex" ] && [ ${#hex} = 64 ]
}

exists() { docker container inspect "$1" >/dev/null 2>&1; }
is_running() { [ "$(docker container inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }

# A push that changed nothing in the app's folder brings the same image again.
runs_already() {
  shown='{{.State.Running}} {{.RestartCount}} {{.Config.Image}} {{index .Config.Labels "doskara.options"}}'
  [ "$(docker container inspect --format "$shown" "$current" 2>/dev/null)" = "true 0 $image $sum" ]
}

# Sets $problem on failure. A container with restarts has ended at least once.
is_healthy() {
  state='{{.State.Running}} {{.RestartCount}} {{with .State.Health}}{{.Status}}{{else}}none{{end}}'
  seconds=0
  while [ $seconds -lt $HEALTHY_SECONDS ]; do
    sleep 1
    seconds=$((seconds + 1))
    case $(docker container inspect --format "$state" "$new") in
      'true 0 healthy') return 0 ;;
      'true 0 starting') ;;
      'true 0 none') [ $seconds -lt $RUNNING_SECONDS ] || return 0 ;;
      'true 0 unhealthy') problem='its health check fails' && return 1 ;;
      *) problem='it does not keep running' && return 1 ;;
    esac
  done
  problem="it is not healthy after $HEALTHY_SECONDS s"
  return 1
}

# A deploy that was killed leaves its new container, which had taken over if the old one is gone.
recover() {
  exists "$new" || return 0
  if exists "$current"; then docker container rm --force "$new" >/dev/null
  else docker container rename "$new" "$current"; fi
}

# Runs on every exit before the new container has taken over.
put_back() {
  set +e
  docker container rm --force "$new" >/dev/null
  [ -n "$replaces" ] || return
  if docker container start "$current" >/dev/null; then echo "The old container is back: $current"
  else
    echo "error: the old container does not start either: $current"
    echo "hint: docker start $current"
  fi
}

exec 2>&1
[ $# = 1 ] || fail 'usage: deploy.sh REGISTRY'
registry=$1
# shellcheck disable=SC2086 # two words, without a shell's other expansions (set -f)
set -- ${SSH_ORIGINAL_COMMAND:-}
[ $# = 2 ] || fail 'expected the name of an app and a digest'
app=$1 digest=$2
is_app_name "$app" || fail 'that is not the name of an app'
is_digest "$digest" || fail 'that is not the digest of an image'

options=$options_folder/$app
{ [ -f "$options" ] && [ -r "$options" ]; } ||
  fail "this machine does not run $app: cannot read $options" \
    "if it was renamed, as root: mv $options_folder/OLD $options; docker rename doskara-OLD doskara-$app" \
    "to run it for the first time, as root, without a published port: touch $options (doskara help after-build)"
exec 9<"$options"
flock --wait $LOCK_SECONDS 9 ||
  fail "another deploy of $app is running" "to deploy again, on port: doskara replay $app"
set --
while IFS= read -r option || [ -n "$option" ]; do
  case $option in '' | '#'*) ;; *) set -- "$@" "$option" ;; esac
done <"$options"
sum=$(cksum <"$options")

image=$registry/$app@$digest
current=doskara-$app
new=doskara-$app--new # no name of an app has two hyphens
trap '' PIPE # the client may be gone
trap 'exit 1' INT TERM HUP

runs_already && echo "$app already runs this image, in the container $current" && exit

timeout $PULL_SECONDS docker pull --quiet "$image" >/dev/null ||
  fail "cannot pull $image" "on this machine: docker pull $image"
recover
docker container create --name "$new" --restart unless-stopped --log-driver local \
  --label "doskara.options=$sum" "$@" "$image" >/dev/null ||
  fail "docker does not accept the options in $options" "correct them, then, on port: doskara replay $app"

# Both may publish the same port, so the old container stops first.
replaces=
! is_running "$current" || replaces=yes
trap put_back EXIT
[ -z "$replaces" ] || docker container stop "$current" >/dev/null
docker container start "$new" >/dev/null || fail "the new container of $app does not start"
is_healthy || {
  docker container logs --tail 20 "$new"
  fail "the new container of $app is not healthy: $problem"
}
trap - EXIT
if exists "$current"; then
  old_image=$(docker container inspect --format '{{.Config.Image}}' "$current")
  docker container rm "$current" >/dev/null
  [ "$old_image" = "$image" ] || docker image rm "$old_image" >/dev/null || true
fi
docker container rename "$new" "$current"
echo "$app runs as the container $current"
