import { ENTER, LOOK_THROUGH, OTHER_SNAPSHOTS, OURS, SPEAKABLE } from './entry.ts';

const HEX = '[0-9a-f]'.repeat(16);

/**
 * args: volume, data directories… → `now SECONDS`, `backup TAG`, `complete TAG BASE64`, `retained TAG BASE64`, `journal TAG BASE64`, `cold TAG BASE64`, `note TAG KIND/NAMESPACE BASE64`, `restored BASE64`,
 * `closed BASE64`, `attempt ID BASE64`, `tables BASE64`, `archives`, `rewinding`, `free BYTES`, `space DEVICE BYTES DIRECTORY` of each data directory,
 * `bare DIRECTORY` of tables without an id, `snapshot NAME`, `automatic PATH`, `end`: without that the list is not whole
 */
export const SURVEY = String.raw`${ENTER}${LOOK_THROUGH}
echo "now $(date +%s)"
for d in kassette/kassette-*/; do
  d=\${d%/}
  case $d in *[!A-Za-z0-9/-]*) continue ;; esac
  plain "$d"
  [ -d "$d" ] || continue
  tag=\${d#*/}
  echo "backup $tag"
  say "complete $tag" "$d/complete"
  say "retained $tag" "$d/closed"
  say "journal $tag" "$d/restore.json"
  say "cold $tag" "$d/cold.json"
  for kind in joined ended failed; do
    plain "$d/$kind"
    for f in "$d/$kind"/*; do
      case \${f##*/} in *[!a-z0-9-]*) continue ;; esac
      [ -f "$f" ] && [ ! -L "$f" ] && text=$(head -c 4096 -- "$f" 2> /dev/null | base64 -w0) && echo "note $tag $kind/\${f##*/} $text"
    done
  done
done
say restored kassette/restored.json
say closed kassette/closed.json
# One that goes meanwhile has come to its end.
plain kassette/attempts
for f in kassette/attempts/*.json; do
  case $f in *[!A-Za-z0-9/._-]*) continue ;; esac
  [ -f "$f" ] && [ ! -L "$f" ] && text=$(head -c 4096 -- "$f" 2> /dev/null | base64 -w0) && echo "attempt $(basename -- "$f" .json) $text"
done
say tables kassette/tables.json
[ ! -d kassette/commitlog ] || echo archives
[ ! -f kassette/rewind.json ] || echo rewinding
free() { df -P -B1 -- "$1" | { read -r _; read -r _ _ _ bytes _; echo "$bytes"; }; }
echo "free $(free .)"
for data; do echo "space $(stat -c %d -- "$data") $(free "$data") $data"; done
find "$@" -ignore_readdir_race -mindepth 2 -maxdepth 2 -type d ! -path '*/lost+found/*' ! -name '*-*' ${SPEAKABLE} -printf 'bare %p\n' || exit 9
found=$(find "$@" -ignore_readdir_race -mindepth 4 -maxdepth 4 -type d -path '*/snapshots/*' ${SPEAKABLE} \
  \( \( -name 'truncated-*' -o -name 'dropped-*' \) -printf 'automatic %p\n' -o -printf 'snapshot %f\n' \)) || exit 9
printf '%s\nend\n' "$found" | sort -u
`.replaceAll('\\$', '$');

/**
 * args: volume, tag, data directories… → `file NAME BASE64`, `free BYTES`, `snap BYTES CRC|- PATH LINKS`, `listed`, `linked NAME`, `end`
 */
export const READ = String.raw`${ENTER}
tag=$1
shift
${LOOK_THROUGH}for name in backup.json complete schema.cql k8ssandra.json; do say "file $name" "kassette/$tag/$name"; done
device=$(stat -c %d .)
outside=
for name in commitlog hints; do
  [ -d "$name" ] && [ ! -L "$name" ] && [ "$(stat -c %d "$name")" = "$device" ] || outside="$outside $name"
done
echo "file outside $(echo "$outside" | base64 -w0)"
df -P -B1 . | { read -r _; read -r _ _ _ free _; echo "free $free"; }
{ find "$@" -ignore_readdir_race -mindepth 4 ${OTHER_SNAPSHOTS} \
  -o \( -type f -path "*/snapshots/$tag/*" ${SPEAKABLE} -printf '%s %n %p\n' \) && echo end; } |
  while read -r bytes links path; do
    [ "$bytes" != end ] || { echo listed; continue; }
    crc=-
    case $path in *-Digest.crc32) [ "$bytes" -gt 20 ] || IFS= read -r crc < "$path" ;; esac
    case $crc in *[!0-9]*) crc=- ;; esac
    echo "snap $bytes \${crc:--} $path $links"
  done
# In snapshots, too: a Cassandra that counts on from there goes on doing so when its tables are emptied.
find "$@" -ignore_readdir_race -mindepth 3 -type f -name '${OURS}' ${SPEAKABLE} -printf 'linked %f\n' && echo end
`.replaceAll('\\$', '$');

/**
 * args: volume, tag, data directories… → each line behind how often it came: `whole TABLE-SNAPSHOT`, `changed SECONDS`, `file`,
 * `end STATUS`, and find's errors: Cassandra may be removing what it looks through.
 */
export const SNAPSHOT_PROGRESS = String.raw`${ENTER}
tag=$1
shift
${LOOK_THROUGH}{
  find "$@" -ignore_readdir_race -mindepth 4 \
    ${OTHER_SNAPSHOTS} \
    -o \( -type d -path "*/snapshots/$tag" -printf 'changed %C@\n' \) \
    -o \( -type f -path "*/snapshots/$tag/*" \( -name manifest.json -printf 'whole %h\nfile\n' -o -printf 'file\n' \) \) 2>&1
  echo "end $?"
} | sort | uniq -c
`;

/** args: volume, data directories… → `free BYTES`, then each line behind how often it came: `live BYTES` of a file, `end` */
export const LIVE_SIZE = String.raw`${ENTER}${LOOK_THROUGH}df -P -B1 . | { read -r _; read -r _ _ _ free _; echo "free $free"; }
sizes=$(find "$@" -ignore_readdir_race -mindepth 3 \( -type d \( -name snapshots -o -name backups \) -prune \) -o -type f -printf 'live %s\n') || exit 9
printf '%s\nend\n' "$sizes" | sort | uniq -c
`;

/** args: volume, tag, bytes of the schema, bytes of the manifest, those of what is kept of a K8ssandraCluster, or nothing; input: schema, that, manifest */
export const WRITE = String.raw`${ENTER}
alone
plain "kassette/$1"
mkdir -p "kassette/$1" && sync kassette . || exit 9
put "kassette/$1/schema.cql" "$2" || exit
[ $# -lt 4 ] || put "kassette/$1/k8ssandra.json" "$4" || exit
put "kassette/$1/backup.json" "$3"
`;

/**
 * args: volume, tag, file name, bytes, the run that must be the last one that has begun, or nothing, data directories…; input: the text
 */
export const PUT = String.raw`${ENTER}
alone
[ -z "$4" ] || fence "$4"
path=kassette/$1/$2
bytes=$3
shift 4
# The text says what is in them: after a power cut it must not be there without that.
[ $# -eq 0 ] || sync -f -- "$@" || exit 9
put "$path" "$bytes"
`;

/** args: volume, tags… */
export const INVALIDATE = String.raw`${ENTER}
alone
for tag; do
  plain "kassette/$tag"
  [ ! -d "kassette/$tag" ] || { rm -f -- "kassette/$tag/complete" && sync "kassette/$tag"; } || exit 9
done
`;

/** args: volume, path below `kassette`, bytes; input: the text */
export const WRITE_NOTE = String.raw`${ENTER}
alone
plain "kassette/$1"
mkdir -p "$(dirname -- "kassette/$1")" && sync "$(dirname -- "$(dirname -- "kassette/$1")")" kassette . || exit 9
put "kassette/$1" "$2"
`;

/** args: volume, paths below `kassette`… */
export const REMOVE_NOTES = String.raw`${ENTER}
alone
for name; do plain "kassette/\${name%/*}" && rm -f -- "kassette/$name" || exit 9; done
rmdir kassette/attempts 2> /dev/null
[ ! -d kassette ] || sync kassette
`.replaceAll('\\$', '$');

/** args: volume, number of tags, tags…, data directories… */
export const REMOVE = String.raw`${ENTER}
alone
n=$1
shift
tags=
while [ "$n" -gt 0 ]; do tags="$tags $1"; shift; n=$((n - 1)); done
for tag in $tags; do
  plain "kassette/$tag"
  [ ! -d "kassette/$tag" ] || { rm -f -- "kassette/$tag/complete" && sync "kassette/$tag"; } || exit 9
  find "$@" -mindepth 4 -maxdepth 4 -type d -path "*/snapshots/$tag" -prune -exec rm -rf -- {} + || exit 9
  rm -rf -- "kassette/displaced-$tag" && rm -rf -- "kassette/$tag" || exit 9
done
rm -f -- kassette/run kassette/run.live
rmdir kassette 2> /dev/null || true
`;

/** args: volume, names of keyspaces that stay, separated by spaces, data directories… */
export const REMOVE_REHEARSALS = String.raw`${ENTER}
alone
live=" $1 "
shift
for data; do
  for d in "$data"/kassette_rehearsal_${HEX}; do
    [ -d "$d" ] && [ ! -L "$d" ] || continue
    case $live in *" $(basename -- "$d") "*) continue ;; esac
    # Nobody has ever written to a rehearsal.
    sstable=$(find "$d" -name '*-Data.db' -print -quit) || exit 9
    [ -n "$sstable" ] || rm -rf -- "$d" || exit 9
  done
done
`;

/** A function: remove the journals of restores with other backups than this one. */
const END_OTHERS = String.raw`
end_others() {
  for other in kassette/kassette-*/restore.json kassette/kassette-*/cold.json; do
    case $other in "kassette/$1/"*) continue ;; esac
    plain "\${other%/*}"
    [ ! -f "$other" ] || { rm -f -- "$other" && sync "$(dirname -- "$other")"; } || exit 9
  done
}
`.replaceAll('\\$', '$');

/** args: volume, run, tag, bytes of the journal, data directories…; input: the journal */
export const BEGIN = String.raw`${ENTER}${END_OTHERS}
alone
run=$1
tag=$2
bytes=$3
shift 3
for data; do
  from=$(find "$data" -mindepth 5 -maxdepth 5 -type f -path "*/snapshots/$tag/*" -print -quit) || exit 9
  [ -n "$from" ] || continue
  trial="$(dirname -- "$from")/../../kassette-trial"
  rm -f -- "$trial" && ln -T -- "$from" "$trial" && rm -f -- "$trial" || exit 9
done
# From here on no volume is what a cold restore made of it, with whatever backup: said before anything says what it is.
for cold in kassette/kassette-*/cold.json; do
  plain "\${cold%/*}"
  [ ! -f "$cold" ] || { rm -f -- "$cold" && sync "$(dirname -- "$cold")"; } || exit 9
done
{ note_run "$run" "$@" && put "kassette/$tag/restore.json" "$bytes"; } || exit 9
# So are restores with other backups: ended only now, when this volume says that another one has begun.
end_others "$tag"
`.replaceAll('\\$', '$');

/** args: volume, bytes of the record, bytes of the paths, tag, data directories…; input: the record, then NUL-ended paths to remove */
export const FINISH = String.raw`${ENTER}${END_OTHERS}
alone
put kassette/restored.json "$1" || exit 9
paths=$(take "$2") || exit
tag=$3
shift 3
end_others "$tag"
[ -z "$paths" ] || printf '%s\n' "$paths" | tr '\n' '\0' | xargs -0 -r rm -rf -- || exit 9
find "$@" -mindepth 4 -maxdepth 4 -type d -path "*/snapshots/$tag" -prune -exec rm -rf -- {} + || exit 9
rm -rf -- "kassette/displaced-$tag" || exit 9
# Restores of single tables that had not ended have nothing left to do.
rm -rf -- kassette/tables.json kassette/staging kassette/run kassette/run.live || exit 9
# Of the time when the volume was copied.
rm -rf -- kassette/closed.json kassette/attempts || exit 9
# At once out of sight: half a directory without its journal would look like a backup that is not complete.
plain "kassette/$tag"
[ ! -d "kassette/$tag" ] || { rm -rf -- "kassette/removed-$tag" && mv -T -- "kassette/$tag" "kassette/removed-$tag"; } || exit 9
rm -rf -- kassette/removed-*
`;
