#!/usr/bin/env bash
# infra/ applied to an AWS that others wrote, the built archives running in it, and changes of meaning planted in the module: a
# sample of them by the day, and all of them with `.ci/run --full`.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec npm run -s deployed -- --planted "$([ -n "${FULL:-}" ] && echo all || echo 3)"
