#!/usr/bin/env bash
# The acceptance suite on every form in which the service runs, with its table and its counts.
set -euo pipefail
exec node --import=tsx scripts/acceptance.ts
