#!/usr/bin/env bash
# skopeo and crane push, pull and are refused on the embedded registry: client × action × expected.
set -euo pipefail
. .ci/with-skopeo.sh
if ! command -v skopeo > /dev/null && ! command -v go > /dev/null; then
  echo "not run: the registry's clients: neither skopeo nor Go, which installs crane, is here"
  exit 0
fi
node --import=tsx scripts/registry-clients.ts
