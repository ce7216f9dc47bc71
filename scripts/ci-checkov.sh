#!/bin/sh
# Runs checkov, pinned, over infra/. Each finding is mended or stands with its reason in infra/checkov-exceptions.json;
# an exception that nothing needs any more fails too. Needs Python and a package index: for CI, not for `npm test`.
set -eu
cd "$(dirname "$0")/.."

version=3.3.30
venv=${CHECKOV_VENV:-${TMPDIR:-/tmp}/checkov-$version}
report=$(mktemp)
trap 'rm -f "$report"' EXIT

if ! [ -x "$venv/bin/checkov" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "checkov==$version"
fi
# Findings make it exit with 1, as a crash does: the report tells them apart.
"$venv/bin/checkov" --directory infra --framework terraform --skip-download --quiet --output json >"$report" || true
node --import=tsx scripts/checkov-report.ts "$report"
