# The ledger's part of the conformance suite on another DynamoDB, such as Amazon's DynamoDB Local, where one runs. Its licence is
# Amazon's own, so that it is not installed here.
set -euo pipefail
if [ -z "${DYNAMODB_LOCAL_ENDPOINT:-}" ]; then
  echo "conformance on dynamodb-local: not run, DYNAMODB_LOCAL_ENDPOINT is not set"
  exit 0
fi
node --import=tsx scripts/conformance.ts --target dynamodb-local --dynamodb-endpoint "$DYNAMODB_LOCAL_ENDPOINT"
