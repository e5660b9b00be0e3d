#!/bin/sh
# Proves the image without docker or a registry: makes a Debian base by debootstrap (once, about two
# minutes), builds sidecar/Dockerfile on it by buildah, and runs test_image.py against what came out.
# Needs root, on Debian; arguments go to pytest. BASE=IMAGE builds on another local image.
set -eu
cd "$(dirname "$0")/../.."
work=$PWD/.tools/image
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' sidecar/wings_infer/__init__.py)
image=localhost/wings-infer:$version
base=${BASE:-localhost/wings-base:bookworm}
python=${PYTHON:-$PWD/.venv/bin/python}

[ "$(id -u)" = 0 ] || { echo "image: needs root" >&2; exit 1; }
missing=
for program in debootstrap buildah runc; do
  command -v $program >/dev/null 2>&1 || missing="$missing $program"
done
[ -z "$missing" ] || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; }

# An own store: nothing of this machine's other images is touched, and .tools holds it all.
buildah() {
  command buildah --root "$work/storage" --runroot "$work/run" --storage-driver "${STORAGE_DRIVER:-overlay}" "$@"
}

make_base() {
  if [ ! -f "$work/base.done" ]; then
    rm -rf "$work/base-root"
    mkdir -p "$work"
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/base-root" >"$work/debootstrap.log"
    rm -rf "$work/base-root/var/lib/apt/lists"/* "$work/base-root/var/cache/apt"/*.bin "$work/base-root/var/cache/apt/archives"/*.deb
    touch "$work/base.done"
  fi
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$work/base-root" / >/dev/null
  buildah commit --quiet --rm "$container" "$base" >/dev/null
}

buildah inspect --type image "$base" >/dev/null 2>&1 || make_base
# The machine's certificates, for those whose packages come through a proxy of their own.
buildah bud --quiet --pull-never --isolation chroot --volume /etc/ssl/certs:/etc/ssl/certs:ro \
  --build-arg BASE="$base" --tag "$image" sidecar >/dev/null

base_container=$(buildah from --pull-never "$base")
container=$(buildah from --pull-never "$image")
trap 'buildah umount --all >/dev/null; buildah rm "$base_container" "$container" >/dev/null' EXIT
buildah inspect --type image "$image" >"$work/inspect.json"
rm -f "$work/wings-infer.tar"
buildah push --quiet "$image" "docker-archive:$work/wings-infer.tar:$image"
WINGS_BASE_ROOT=$(buildah mount "$base_container")
WINGS_IMAGE_ROOT=$(buildah mount "$container")
export WINGS_BASE_ROOT WINGS_IMAGE_ROOT WINGS_IMAGE_INSPECT="$work/inspect.json" WINGS_IMAGE_TAR="$work/wings-infer.tar"
cd sidecar
"$python" -m pytest -p no:cacheprovider proof/test_image.py "$@"
