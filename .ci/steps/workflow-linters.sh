#!/usr/bin/env bash
# zizmor (pedantic) and actionlint with shellcheck over a generated workflow of each kind.
set -euo pipefail
exec node --import=tsx scripts/check-workflow.ts
