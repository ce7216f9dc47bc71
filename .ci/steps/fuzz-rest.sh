# schemathesis against the running service, all checks, in a time box.
set -euo pipefail
node --import=tsx scripts/fuzz-rest.ts --seconds 40
