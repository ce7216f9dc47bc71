#!/usr/bin/env bash
# Every input of both contracts with all that parsers stumble over, other ones in every run; the tests send a few hundred, always the
# same. With `.ci/run --full` all of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
export FUZZ_REQUESTS="$([ -n "${FULL:-}" ] && echo all || echo 6000)" FUZZ_SEED="${FUZZ_SEED:-$RANDOM}"
exec npx tap --jobs=1 --timeout=1800 --reporter=tap test/fuzz/no-5xx.test.ts
