# The demo's story through the service as an account has it, on moto's ECR and IAM.
set -euo pipefail
node --import=tsx scripts/story-on-moto.ts
