#!/usr/bin/env bash
# The conformance suite on the embedded AWS, with its counts.
set -euo pipefail
exec node --import=tsx scripts/conformance.ts --target embedded
