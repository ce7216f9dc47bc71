#!/usr/bin/env bash
# The tests of which `npm test` tries a part, whole: each run of each property, and each row of each table.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t files < <(grep -rlE 'support/extent' test --include='*.test.ts' | sort)
ECP_TESTS=whole exec npx tap --jobs=2 --timeout=1800 --reporter=tap "${files[@]}"
