#!/usr/bin/env bash
# checkov over the OpenTofu module; what it finds is mended or excepted by name.
set -euo pipefail
exec bash scripts/ci-checkov.sh
