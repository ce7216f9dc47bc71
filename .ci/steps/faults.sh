#!/usr/bin/env bash
# The fault harness: one in so many points of every mutation, another one in every run; real processes killed; and a soak
# of so many requests, which a busy machine does as well as an idle one.
# With `.ci/run --full` every point.
set -euo pipefail
cd "$(dirname "$0")/../.."
node --import=tsx scripts/faults.ts --every "$([ -n "${FULL:-}" ] && echo 1 || echo 61)"
node --import=tsx scripts/faults.ts --kill 2 --seed 1
node --import=tsx scripts/soak.ts --requests "$([ -n "${FULL:-}" ] && echo 6000 || echo 300)" --seed 1
