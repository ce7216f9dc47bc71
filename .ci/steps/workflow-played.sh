#!/usr/bin/env bash
# The generated workflow, played as GitHub and its runner do: event × grant × what must come of it. With ACTIONS=DIR (clones at
# DIR/OWNER/NAME/COMMIT) by its real actions, else by the calls that they make.
set -euo pipefail
. .ci/with-skopeo.sh
if ! command -v skopeo > /dev/null || ! command -v jq > /dev/null; then
  echo "not run: the generated workflow: skopeo, which stands in for docker, or jq is not here"
  exit 0
fi
node --import=tsx scripts/workflow-played.ts ${ACTIONS:+--actions "$ACTIONS"}
