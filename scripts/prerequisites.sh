#!/usr/bin/env bash
# What must be installed before any of the project's own programs can run: Node.js 20 or later with npm, which installs the pinned
# Node.js. The programs that need a JDK, Maven or Python look for these themselves.
set -euo pipefail

version=$(node --version 2>/dev/null || true)
major=${version#v}
major=${major%%.*}
if [ "${major:-0}" -ge 20 ] && command -v npm >/dev/null; then exit 0; fi

npm=$(command -v npm >/dev/null && echo "npm" || echo "no npm")
echo "make needs Node.js 20 or later with npm. Found: Node.js ${version:-none}, $npm. Install it from your distribution or nodejs.org, put it first in PATH, and run make again." >&2
exit 1
