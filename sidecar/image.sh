#!/bin/sh
# Builds the image without docker and tests it: debootstrap makes a base, buildah builds on it, pytest starts it.
# Needs root and Debian's packages debootstrap and buildah. PIP_CONFIG names a pip.conf for the build, if one is needed;
# BUILD_VOLUMES further mounts for it ("-v HOST:CONTAINER:ro ..."). PYTHON runs the tests.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
container=
buildah() { command buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
clean() {
    [ -z "$container" ] || buildah umount "$container" >/dev/null || true
    rm -rf "$work"
}
trap clean EXIT

debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$work/base" >"$work/log" 2>&1
printf 'FROM scratch\nADD base /\n' >"$work/Dockerfile"
buildah bud -q --isolation chroot -f "$work/Dockerfile" -t localhost/base:1 "$work" >/dev/null
# shellcheck disable=SC2086
buildah bud -q --isolation chroot --build-arg BASE=localhost/base:1 \
    ${PIP_CONFIG:+-v "$PIP_CONFIG:/etc/pip.conf:ro"} ${BUILD_VOLUMES:-} -t localhost/wings-infer:0.1.0 .
container=$(buildah from localhost/wings-infer:0.1.0)
WINGS_TEST_IMAGE_ROOT=$(buildah mount "$container") ${PYTHON:-python3} -m pytest -q tests/image
