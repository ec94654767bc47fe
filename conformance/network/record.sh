#!/bin/sh
# Records again what the real Kubernetes and Calico code answers, into tests/cases.
# Needs Go 1.26 and the Go module proxy; see README.md.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
cases=$here/../../tests/cases
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT

(cd kubernetes && go build -o "$bin/kubernetes" .)
# Without cgo: Calico's BPF packages then leave out their bindings, whose C headers the module lacks.
(cd calico && CGO_ENABLED=0 go build -o "$bin/" ./flows ./selectors ./validation)

"$bin/kubernetes" -out "$cases/kubernetes/recorded"
"$bin/selectors" -out "$cases/calico/recorded"
"$bin/flows" -out "$cases/calico/recorded"
"$bin/flows" -convert "$cases/kubernetes/recorded/network-policy-scenarios.jsonl.gz" -out "$cases/calico/recorded"

# What the API servers take: the CRDs of both API versions are files of their modules.
crds() { printf '%s/config/crd/experimental/policy.networking.k8s.io_%s.yaml' "$1" "$2"; }
new=$(cd kubernetes && go list -m -f '{{.Dir}}' sigs.k8s.io/network-policy-api)
old=$(cd "$bin" && go mod download -json sigs.k8s.io/network-policy-api@v0.1.7 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
"$bin/kubernetes" -validation "$cases/validation" \
	-crds "$(crds "$old" adminnetworkpolicies),$(crds "$old" baselineadminnetworkpolicies),$(crds "$new" clusternetworkpolicies)"
"$bin/validation" -out "$cases/validation"

# The two engines have to agree about what both of them know.
"$bin/flows" -compare "$cases/kubernetes/recorded/network-policy-scenarios.jsonl.gz"
"$bin/flows" -compare "$cases/kubernetes/recorded/network-policy-random.jsonl.gz"
