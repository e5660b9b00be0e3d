#!/bin/sh
# buildah with a store of our own under .tools: nothing of this machine's other images is touched.
set -eu
work=$(cd "$(dirname "$0")/../../.tools" && pwd -P)/images
exec buildah --root "$work/storage" --runroot "$work/run" --storage-driver "${STORAGE_DRIVER:-overlay}" "$@"
