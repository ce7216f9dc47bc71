# The conformance suite on moto, an emulator of AWS that others wrote.
set -euo pipefail
node --import=tsx scripts/conformance.ts --target moto
