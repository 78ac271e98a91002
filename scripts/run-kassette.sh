#!/usr/bin/env bash
# Usage: run-kassette.sh ARGUMENT...
# Runs kassette for the other scripts: the program that KASSETTE names, else the one that `make build` puts into dist/.
set -euo pipefail
if [ -n "${KASSETTE:-}" ]; then exec "$KASSETTE" "$@"; fi

program=$(dirname -- "${BASH_SOURCE[0]}")/../dist/kassette.mjs
if [ ! -f "$program" ]; then
  echo "kassette is not built: run \`make build\`, or set KASSETTE to the path of a kassette." >&2
  exit 1
fi
# A Node.js that is too old is reported by the program itself.
if ! command -v node >/dev/null; then
  echo "kassette needs Node.js 24 or later. Found: none in PATH. Install it, or set KASSETTE to the executable that needs no Node.js." >&2
  exit 3
fi
exec "$program" "$@"
