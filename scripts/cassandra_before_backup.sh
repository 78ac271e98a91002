#!/usr/bin/env bash
# Usage: cassandra_before_backup.sh NAMESPACE [OPTION...]
# Runs «kassette before-backup» for the datacenters of the namespace; KASSETTE names another program than the one beside this script.
set -euo pipefail
if [ $# -lt 1 ]; then
  echo "usage: $0 NAMESPACE [OPTION...]" >&2
  exit 2
fi
namespace=$1
shift
exec "${KASSETTE:-$(dirname -- "${BASH_SOURCE[0]}")/../dist/kassette.mjs}" before-backup --namespace "$namespace" "$@"
