#!/usr/bin/env bash
# A short part of the fault harness: one in so many points of every mutation, real processes killed, and half a minute of soak.
set -euo pipefail
cd "$(dirname "$0")/../.."
node --import=tsx scripts/faults.ts --every 61
node --import=tsx scripts/faults.ts --kill 2 --seed 1
node --import=tsx scripts/soak.ts --minutes 0.5 --seed 1
