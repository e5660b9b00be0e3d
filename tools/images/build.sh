#!/bin/sh
# build.sh TAR IMAGE [CONTEXT FILE...]: builds CONTEXT/Dockerfile as IMAGE without docker or a registry,
# and leaves it in TAR, a docker archive. FILEs are what it is made of, below CONTEXT; while they are
# unchanged nothing is done. Without CONTEXT it is the base itself (see base.sh). Needs root on Debian.
# BASE=IMAGE builds on another image of buildah.sh's store.
set -eu
tar=$1 image=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$here/../../.tools/images"
work=$(cd "$here/../../.tools/images" && pwd -P)
base=${BASE:-localhost/wings-base:bookworm}

in_store() {
  sh "$here/buildah.sh" "$@"
}

hash_of() { # names, modes and bytes of what an image is made of, and the recipes
  {
    echo "$image" "$base"
    cat "$here"/*.sh
    [ $# = 0 ] || (cd "$1" && shift && find "$@" -type f ! -name '*.pyc' -exec stat -c '%n %a' {} + \
      -exec sha256sum {} + | LC_ALL=C sort)
  } | sha256sum
}

is_built() {
  [ -f "$tar" ] && [ "$(cat "$tar.key" 2>/dev/null)" = "$key" ]
}

save() { # as a whole or not at all: the key comes last
  rm -f "$tar.key" "$tar.part"
  in_store push --quiet "$image" "docker-archive:$tar.part:$image"
  mv "$tar.part" "$tar"
  echo "$key" >"$tar.key"
}

key=$(hash_of "$@")
! is_built || exit 0
[ "$(id -u)" = 0 ] || { echo "images: needs root" >&2; exit 1; }
mkdir -p "$(dirname "$tar")"
exec 9>"$work/lock" # two worktrees may share .tools
flock 9
sh "$here/../system.sh" images
[ -n "${BASE:-}" ] || sh "$here/base.sh" "$base"
if [ $# -gt 0 ]; then
  # The machine's certificates, for those whose packages come through a proxy of their own.
  in_store bud --quiet --pull-never --isolation chroot --volume /etc/ssl/certs:/etc/ssl/certs:ro \
    --build-arg BASE="$base" --tag "$image" "$1" >/dev/null
  in_store rmi --prune >/dev/null 2>&1 || true # what had this name before
fi
save
