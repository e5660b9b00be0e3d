#!/bin/sh
# Runs public HTTP clients against wings-infer: curl, Python's http.client, httpx, aiohttp, Go's net/http,
# Node's fetch, Java's HttpClient. Those that are not installed are skipped,
# in CI they fail; `tools/system.sh clients` installs all but Go. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/../.."
clients=$PWD/.tools/clients
lock=sidecar/proof/requirements-clients.txt
if ! cmp -s "$lock" "$clients/installed.txt"; then
  rm -rf "$clients"
  "${PYTHON:-python3}" -m venv "$clients"
  "$clients/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r "$lock"
  cp "$lock" "$clients/installed.txt"
fi
cd sidecar
exec "$clients/bin/python" -m pytest -p no:cacheprovider proof/test_clients.py "$@"
