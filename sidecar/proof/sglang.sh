#!/bin/sh
# Installs a real SGLang for the CPU into .tools/engine/sglang (260 MB, once), beside the vLLM that
# engine.sh installs: PYTHONPATH takes the rest of what it imports from there. Its own requirements
# are not followed, as they are of CUDA; where vLLM's environment has another version than they name,
# the tests with the real server show whether it matters. Older versions, whose parsers alone are asked,
# go to .tools/engine/sglang-VERSION (630 MB in all).
set -eu
cd "$(dirname "$0")/../.."
umask 022 # user 10001 reads all of it
sh sidecar/proof/engine.sh --install
engine=$PWD/.tools/engine
locks=sidecar/requirements-sglang
stub=sidecar/proof/sgl_kernel.py

install() { # FOLDER LOCK [MODULE]: what the lock names, and the module
  cat "$2" ${3:+"$3"} >"$engine/wanted.txt"
  ! cmp -s "$engine/wanted.txt" "$1/installed.txt" || return 0
  rm -rf "$1"
  # pip does not look at the packages that are there, and --target leaves them alone.
  "$engine/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary :all: --target "$1" -r "$2"
  [ -z "${3:-}" ] || cp "$3" "$1/"
  mv "$engine/wanted.txt" "$1/installed.txt"
}

install "$engine/sglang" $locks.txt $stub
sed -n 's/^sglang==\([^ ]*\) .*/\1/p' $locks-older.txt | while read -r version; do
  grep "^sglang==$version " $locks-older.txt >"$engine/sglang-$version.txt"
  install "$engine/sglang-$version" "$engine/sglang-$version.txt"
done
