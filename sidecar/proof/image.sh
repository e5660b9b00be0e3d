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
sh tools/system.sh images image-proof # where the image was built before, build.sh looks for nothing
export PATH="$PATH:/usr/sbin:/sbin" # runc is for administrators

root=$PWD
in_store() {
  sh "$root/tools/images/buildah.sh" "$@"
}

base_container=$(in_store from --pull-never "$base")
container=$(in_store from --pull-never "$image")
trap 'in_store umount --all >/dev/null; in_store rm "$base_container" "$container" >/dev/null' EXIT
in_store inspect --type image "$image" >"$work/inspect.json"
WINGS_BASE_ROOT=$(in_store mount "$base_container")
WINGS_IMAGE_ROOT=$(in_store mount "$container")
export WINGS_BASE_ROOT WINGS_IMAGE_ROOT WINGS_IMAGE_INSPECT="$work/inspect.json" WINGS_IMAGE_TAR="$work/wings-infer.tar"
cd sidecar
"$python" -m pytest -p no:cacheprovider proof/test_image.py "$@"
