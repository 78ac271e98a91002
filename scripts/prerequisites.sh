#!/usr/bin/env bash
# What must be there before any of the project's own programs can run: Node.js 20 or later with npm. The rest (JDK, Maven,
# Python) is looked after by what needs it.
set -euo pipefail

major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/' || true)
if [ "${major:-0}" -ge 20 ] && command -v npm >/dev/null; then exit 0; fi

echo "Node.js 20 or later with npm is needed and not found (found: ${major:-none})." >&2
echo "Install it, from your distribution or nodejs.org, and run make again." >&2
exit 1
