#!/bin/sh
# Builds the library and the example where a source is newer than what was built: the compiler takes a quarter of a second to find out.
set -e
built=example/dist/.tsbuildinfo
newer() {
  find lib example package.json tsconfig.json tsconfig.build.json -path example/dist -prune -o -newer "$built" -print
}
if [ ! -f "$built" ] || [ ! -f dist/.tsbuildinfo ] || [ -n "$(newer | head -n 1)" ]; then
  tsc -b example
fi
