#!/usr/bin/env bash
# Usage: cassandra_before_backup.sh NAMESPACE [OPTION...]
# Runs `kassette before-backup` for the datacenters of the namespace. KASSETTE names another program than the one in dist/.
set -euo pipefail
if [ $# -lt 1 ]; then
  echo "usage: $0 NAMESPACE [OPTION...]" >&2
  exit 2
fi
namespace=$1
shift
exec "$(dirname -- "${BASH_SOURCE[0]}")/run-kassette.sh" before-backup --namespace "$namespace" "$@"
