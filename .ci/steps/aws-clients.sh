#!/usr/bin/env bash
# The AWS CLI, boto3 and curl --aws-sigv4 read back, page by page, what the story wrote into the embedded AWS.
set -euo pipefail
node --import=tsx scripts/aws-clients.ts
