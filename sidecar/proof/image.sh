#!/bin/sh
# Proves the image without docker or a registry: builds sidecar/Dockerfile on a Debian base by buildah
# (see tools/images), and runs test_image.py against what came out. Needs root, on Debian; arguments go
# to pytest. BASE=IMAGE builds on another image of tools/images/buildah.sh.
set -eu
cd "$(dirname "$0")/../.."
work=$PWD/.tools/images
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' sidecar/wings_infer/__init__.py)
image=localhost/wings-infer:$version
base=${BASE:-localhost/wings-base:bookworm}
python=${PYTHON:-$PWD/.venv/bin/python}

sh tools/images/build.sh "$work/wings-infer.tar" "$image" sidecar Dockerfile requirements.txt wings_infer
command -v runc >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq --no-install-recommends runc >/dev/null; }

root=$PWD
buildah() {
  sh "$root/tools/images/buildah.sh" "$@"
}

base_container=$(buildah from --pull-never "$base")
container=$(buildah from --pull-never "$image")
trap 'buildah umount --all >/dev/null; buildah rm "$base_container" "$container" >/dev/null' EXIT
buildah inspect --type image "$image" >"$work/inspect.json"
WINGS_BASE_ROOT=$(buildah mount "$base_container")
WINGS_IMAGE_ROOT=$(buildah mount "$container")
export WINGS_BASE_ROOT WINGS_IMAGE_ROOT WINGS_IMAGE_INSPECT="$work/inspect.json" WINGS_IMAGE_TAR="$work/wings-infer.tar"
cd sidecar
"$python" -m pytest -p no:cacheprovider proof/test_image.py "$@"
