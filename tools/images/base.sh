#!/bin/sh
# base.sh IMAGE: makes IMAGE, a Debian with Python, by debootstrap in the store of buildah.sh, and
# does nothing where this recipe has made it before. build.sh calls it.
set -eu
PATH=$PATH:/usr/sbin:/sbin # debootstrap is for administrators
image=$1
here=$(cd "$(dirname "$0")" && pwd -P)
work=$(cd "$here/../../.tools/images" && pwd -P)
packages=python3,python3-venv,ca-certificates,libnuma1 # libnuma: vLLM's CPU build loads it
recipe=$(sha256sum <"$here/base.sh")

in_store() {
  sh "$here/buildah.sh" "$@"
}

if [ "$(cat "$work/base.recipe" 2>/dev/null)" = "$recipe" ] && in_store inspect --type image "$image" >/dev/null 2>&1; then
  exit 0
fi
echo "images: making the base, about two minutes" >&2
rm -f "$work/base.recipe"
in_store rm wings-base >/dev/null 2>&1 || true # left by a run that was killed
in_store from --name wings-base scratch >/dev/null
root=$(in_store mount wings-base)
debootstrap --variant=minbase --include="$packages" bookworm "$root" >"$work/debootstrap.log" || {
  echo "images: debootstrap failed, see $work/debootstrap.log" >&2
  exit 1
}
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* \
  "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale
in_store umount wings-base >/dev/null
in_store commit --quiet --rm wings-base "$image" >/dev/null
echo "$recipe" >"$work/base.recipe" # last: until here a later run begins again
