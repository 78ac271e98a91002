#!/usr/bin/env bash
# Usage: clean-up-launcher.sh PVC NAMESPACE [OPTION...]
# Runs `kassette clean-volume` for one claim that no pod uses. KASSETTE names another program than the one in dist/.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: $0 PVC NAMESPACE [OPTION...]" >&2
  exit 2
fi
claim=$1
namespace=$2
shift 2
exec "$(dirname -- "${BASH_SOURCE[0]}")/run-kassette.sh" clean-volume "$claim" --namespace "$namespace" "$@"
