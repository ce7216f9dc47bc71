#!/usr/bin/env bash
# Exports that nobody imports, files that nobody reaches, and dependencies that are unused or not declared.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec npx knip --no-progress
