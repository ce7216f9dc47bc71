#!/usr/bin/env bash
# Documents made from the GraphQL schema, other ones in every run; the tests send a few hundred. With `.ci/run --full` more.
set -euo pipefail
cd "$(dirname "$0")/../.."
export FUZZ_DOCUMENTS="$([ -n "${FULL:-}" ] && echo 30000 || echo 3000)"
exec npx tap --jobs=1 --timeout=3600 --reporter=tap test/fuzz/graphql-fuzz.test.ts
