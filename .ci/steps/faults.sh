#!/usr/bin/env bash
# The fault harness: one in so many points of every mutation, another one in every run; real processes killed; and half a minute of soak.
# With `.ci/run --full` every point.
set -euo pipefail
cd "$(dirname "$0")/../.."
node --import=tsx scripts/faults.ts --every "$([ -n "${FULL:-}" ] && echo 1 || echo 61)"
node --import=tsx scripts/faults.ts --kill 2 --seed 1
node --import=tsx scripts/soak.ts --minutes "$([ -n "${FULL:-}" ] && echo 10 || echo 0.5)" --seed 1
