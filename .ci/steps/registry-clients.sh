#!/usr/bin/env bash
# skopeo and crane push, pull and are refused on the embedded registry: client × action × expected.
set -euo pipefail
if ! command -v skopeo > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  (apt-get update -q && apt-get install -qy --no-install-recommends skopeo) || true
fi
if ! command -v skopeo > /dev/null && ! command -v go > /dev/null; then
  echo "not run: the registry's clients: neither skopeo nor Go, which installs crane, is here"
  exit 0
fi
node --import=tsx scripts/registry-clients.ts
