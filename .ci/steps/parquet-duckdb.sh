#!/usr/bin/env bash
# The Parquet of a bulk export, opened by DuckDB.
set -euo pipefail
exec node --import=tsx scripts/check-parquet.ts
