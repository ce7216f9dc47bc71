#!/usr/bin/env bash
# Every input of both contracts with all that parsers stumble over; the tests send a part of it.
FUZZ_ALL=true exec npx tap --jobs=1 --timeout=1800 --reporter=tap test/fuzz/no-5xx.test.ts
