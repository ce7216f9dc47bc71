#!/usr/bin/env bash
# Whether `npm test` fails where a test fails, in whatever way it does.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node --import=tsx scripts/check-test-runner.ts
