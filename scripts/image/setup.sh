#!/usr/bin/env bash
# Sets everything up for the calling user: libtorch, Go's modules, gotch's compiled
# bindings. The environment goes into Go's own settings, so that go build and go test
# need no eval.
set -euo pipefail
cd "$(dirname "$0")/../.."
vars="$(CGO_ENABLED=0 go run ./scripts/setup env)"
eval "$vars"
go env -w "CGO_ENABLED=$CGO_ENABLED" "CGO_CXXFLAGS=$CGO_CXXFLAGS" "CGO_LDFLAGS=$CGO_LDFLAGS"
go mod download
echo "compiling gotch's bindings, which takes minutes" >&2
go build github.com/sugarme/gotch/libtch
