/*
 * The scripts that run beside a node's files. POSIX sh with coreutils and findutils; tar, python3 and gzip are used where they
 * are there. The first argument is always the volume; answers are lines of words, file contents as base64.
 * Paths come from Cassandra's own names (letters, digits, `_`, `-`, `+`, `.`), so a line can hold them; what kassette passes
 * in arrives as arguments or on standard input and is never part of a script. Whoever writes the input may be killed in
 * the middle, so the length of each part of it is known beforehand and looked at before the part is used.
 */

/** Names of files under our own generations, 1,000,000,000 to 2,147,483,647. */
const OURS = '*-[12][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-*';

const ENTER = String.raw`set -u
cd -- "$1" || exit 9
shift
early() { echo 'the input ended early' >&2; exit 4; }
put() {
  head -c "$2" > "$1.part" || return
  [ "$(wc -c < "$1.part")" -eq "$2" ] || early
  sync "$1.part" && mv -f -- "$1.part" "$1" && sync "$(dirname -- "$1")"
}
take() {
  taken=$(head -c "$1" | tr '\0' '\n'; echo .)
  [ \${#taken} -eq $(($1 + 1)) ] || early
  printf '%s' "\${taken%.}"
}
# A run that was cut off may still be at work here: what changes anything waits for it.
alone() {
  n=0
  tries=0
  until (set -C; echo $$ > .kassette-busy) 2> /dev/null; do
    pid=$(cat .kassette-busy 2> /dev/null)
    if [ -n "$pid" ] && [ "$pid" != $$ ] && grep -qs .kassette-busy "/proc/$pid/cmdline"; then
      n=$((n + 1))
      [ "$n" -lt 600 ] || { echo "another script of kassette is at work, process $pid" >&2; exit 3; }
      sleep 0.1
    else
      tries=$((tries + 1))
      rm -f .kassette-busy && [ "$tries" -lt 20 ] || { echo 'no file can be made in the volume' >&2; exit 9; }
    fi
  done
  trap 'rm -f .kassette-busy' EXIT
}
# One that was cut off and got its turn only after another run began would link and note what is not so any more.
fence() { [ "$(cat kassette/run 2> /dev/null)" = "$1" ] || { echo 'another run of kassette has begun meanwhile' >&2; exit 3; }; }
# A file whose size is that offset, to be added to.
make_room() {
  mkdir -p -- "$(dirname -- "$1")" && : >> "$1" || exit 9
  size=$(wc -c < "$1")
  [ "$size" -ge "$2" ] || { echo "$1 is shorter than it was" >&2; exit 5; }
  [ "$size" -eq "$2" ] || truncate -s "$2" -- "$1" || exit 9
}
say() { if [ -f "$2" ]; then printf '%s ' "$1"; base64 -w0 -- "$2" || exit 8; echo; fi; }
`.replaceAll('\\$', '$');

/**
 * args: volume, data directories… → `backup TAG`, `complete TAG`, `journal TAG BASE64`, `cold TAG BASE64`, `restored BASE64`,
 * `tables BASE64`, `free BYTES`,
 * `snapshot NAME`, `automatic PATH`, `end`: without that the list is not whole
 */
export const SURVEY = String.raw`${ENTER}
for d in kassette/kassette-*/; do
  [ -d "$d" ] || continue
  tag=$(basename -- "$d")
  echo "backup $tag"
  [ -f "$d/complete" ] && echo "complete $tag"
  say "journal $tag" "$d/restore.json"
  say "cold $tag" "$d/cold.json"
done
say restored kassette/restored.json
say tables kassette/tables.json
df -P -B1 . | { read -r _; read -r _ _ _ free _; echo "free $free"; }
{ find "$@" -ignore_readdir_race -mindepth 4 -maxdepth 4 -type d -path '*/snapshots/*' \
  \( \( -name 'truncated-*' -o -name 'dropped-*' \) -printf 'automatic %p\n' -o -printf 'snapshot %f\n' \) && echo end; } | sort -u
`;

/** args: volume, tag, data directories… → `file NAME BASE64`, `snap BYTES CRC|- PATH`, `listed`, `linked NAME`, `end` */
export const READ = String.raw`${ENTER}
tag=$1
shift
for name in backup.json complete schema.cql; do say "file $name" "kassette/$tag/$name"; done
{ find "$@" -ignore_readdir_race -mindepth 4 \( -type d -path '*/snapshots/*' ! -path "*/snapshots/$tag" ! -path "*/snapshots/$tag/*" -prune \) \
  -o \( -type f -path "*/snapshots/$tag/*" -printf '%s %p\n' \) && echo end; } |
  while read -r bytes path; do
    [ "$bytes" != end ] || { echo listed; continue; }
    crc=-
    case $path in *-Digest.crc32) IFS= read -r crc < "$path" ;; esac
    echo "snap $bytes \${crc:--} $path"
  done
# In snapshots, too: a Cassandra that counts on from there goes on doing so when its tables are emptied.
find "$@" -ignore_readdir_race -mindepth 3 -type f -name '${OURS}' -printf 'linked %f\n' && echo end
`.replaceAll('\\$', '$');

/**
 * args: volume; input: NUL-ended paths → a decimal CRC-32 a line. By the first tool that is there: Python, which cqlsh needs,
 * takes a second for a gigabyte, gzip, which compresses what nobody wants compressed, half a minute.
 */
export const CHECKSUMS = String.raw`${ENTER}
if cksum -a crc32b /dev/null > /dev/null 2>&1; then
  exec xargs -0 -r sh -c 'for f; do set -- $(cksum -a crc32b --untagged < "$f") || exit 7; echo "$1"; done' sh
fi
if python3 -I -c 'import zlib' 2> /dev/null; then
  exec xargs -0 -r python3 -I -c 'import sys, zlib
for path in sys.argv[1:]:
    crc = 0
    with open(path, "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            crc = zlib.crc32(part, crc)
    print(crc)'
fi
command -v gzip > /dev/null || { echo 'neither cksum -a crc32b nor python3 nor gzip is in the container' >&2; exit 6; }
xargs -0 -r sh -c 'for f; do
  gzip -1 -c < "$f" | tail -c 8 | od -An -N4 -tu4 --endian=little | tr -d " " || exit 7
done' sh
`;

/** args: volume, tag, bytes of the schema, bytes of the manifest; input: both */
export const WRITE = String.raw`${ENTER}
alone
mkdir -p "kassette/$1" && sync kassette . || exit 9
put "kassette/$1/schema.cql" "$2" && put "kassette/$1/backup.json" "$3"
`;

/** args: volume, tag, file name, bytes, the run that must be the last one that has begun, or nothing; input: the text */
export const PUT = String.raw`${ENTER}
alone
[ -z "$4" ] || fence "$4"
put "kassette/$1/$2" "$3"
`;

/** args: volume, number of tags, tags…, data directories… */
export const REMOVE = String.raw`${ENTER}
alone
n=$1
shift
tags=
while [ "$n" -gt 0 ]; do tags="$tags $1"; shift; n=$((n - 1)); done
for tag in $tags; do
  rm -f -- "kassette/$tag/complete" && sync . || exit 9
  find "$@" -mindepth 4 -maxdepth 4 -type d -path "*/snapshots/$tag" -prune -exec rm -rf -- {} + || exit 9
  rm -rf -- "kassette/displaced-$tag" && rm -rf -- "kassette/$tag" || exit 9
done
rm -f -- kassette/run
rmdir kassette 2> /dev/null || true
`;

/** args: volume, run, tag, bytes of the journal, data directories…; input: the journal */
export const BEGIN = String.raw`${ENTER}
alone
run=$1
tag=$2
bytes=$3
shift 3
for data; do
  from=$(find "$data" -mindepth 5 -maxdepth 5 -type f -path "*/snapshots/$tag/*" -print -quit)
  [ -n "$from" ] || continue
  trial="$(dirname -- "$from")/../../kassette-trial"
  rm -f -- "$trial" && ln -T -- "$from" "$trial" && rm -f -- "$trial" || exit 9
done
# From here on no volume is what a cold restore made of it, with whatever backup: said before anything says what it is.
for cold in kassette/kassette-*/cold.json; do
  [ ! -f "$cold" ] || { rm -f -- "$cold" && sync "$(dirname -- "$cold")"; } || exit 9
done
echo "$run" > kassette/run && put "kassette/$tag/restore.json" "$bytes"
`;

/**
 * args: volume, number of links, bytes of the targets, run, first generation, `emptied` or `filled`: what the tables were
 * before; input: the targets, NUL-ended, then a tar stream of nothing but hard links: one process makes them all, where ln
 * would need one for each. → `linked N`; `no tar`, nothing done, without GNU tar
 */
export const LINK_BY_TAR = String.raw`${ENTER}
case $(tar --version 2> /dev/null) in *GNU*) ;; *) echo 'no tar'; exit 0 ;; esac
alone
fence "$3"
first=$4
targets=$(take "$2") || exit
in_targets() { [ -z "$targets" ] || printf '%s\n' "$targets" | tr '\n' '\0' | xargs -0 -r sh -c 'find "$@" -maxdepth 1 -type f -name "${OURS}" '"$1" sh; }
made() {
  in_targets '-printf "%n %p\n"' | while IFS=' ' read -r count path; do
    generation=\${path##*/}
    generation=\${generation#*-}
    [ "\${generation%%-*}" -lt "$first" ] || echo "$count $path"
  done
}
linked_tocs() { made | while IFS=' ' read -r count path; do case $path in *-TOC.txt) [ "$count" -eq 1 ] || printf '%s\0' "$path" ;; esac; done; }
# What an interrupted run linked goes first. One with a single link is nobody's snapshot: Cassandra's own, counted on from a
# link that it met when it was started; and in a table that was not emptied even a link may be its own by now.
[ "$5" = filled ] || in_targets '-links +1 -delete' || exit 9
in_targets '-print' | while IFS= read -r path; do [ -e "\${path%-*}-Data.db" ] || rm -f -- "$path" || exit 9; done || exit 9
tar -xkPf - || exit 9
# Cassandra appends to a TOC.txt in place when it builds an index: that of the snapshot must not be the same file.
linked_tocs | tar -cPf - --null -T - | tar -xPf - --unlink-first || exit 9
[ -z "$targets" ] || printf '%s\n' "$targets" | tr '\n' '\0' | xargs -0 -r sync -f -- 2> /dev/null || sync
n=$(made | wc -l)
[ "$n" -eq "$1" ] && [ "$(linked_tocs | wc -c)" -eq 0 ] || { echo "$n files were linked instead of $1" >&2; exit 5; }
echo "linked $n"
`.replaceAll('\\$', '$');

/** The same where there is no GNU tar; the input goes on with NUL-ended pairs of source and link. */
export const LINK_BY_LN = LINK_BY_TAR.replace(/^case .*\n/m, '')
  .replace('tar -xkPf -', 'xargs -0 -r -n 2 ln -T --')
  .replace(
    /tar -cPf .*--unlink-first/,
    `xargs -0 -r -n 1 sh -c 'cp -p -- "$1" kassette/toc.part && mv -f -- kassette/toc.part "$1"' sh`,
  );

/** args: volume, bytes of the targets; input: targets, NUL-ended → paths of files under our generations, `end` */
export const NOT_LOADED = String.raw`${ENTER}
targets=$(take "$1") || exit
[ -z "$targets" ] || printf '%s\n' "$targets" | tr '\n' '\0' |
  xargs -0 -r sh -c 'find "$@" -ignore_readdir_race -maxdepth 1 -type f -name "${OURS}"' sh || exit 9
echo end
`;

/** args: volume, bytes of the record, bytes of the paths, tag, data directories…; input: the record, then NUL-ended paths to remove */
export const FINISH = String.raw`${ENTER}
alone
put kassette/restored.json "$1" || exit 9
paths=$(take "$2") || exit
tag=$3
shift 3
[ -z "$paths" ] || printf '%s\n' "$paths" | tr '\n' '\0' | xargs -0 -r rm -rf -- || exit 9
find "$@" -mindepth 4 -maxdepth 4 -type d -path "*/snapshots/$tag" -prune -exec rm -rf -- {} + || exit 9
rm -rf -- "kassette/displaced-$tag" || exit 9
# Restores of single tables that had not ended have nothing left to do.
rm -rf -- kassette/tables.json kassette/staging kassette/run || exit 9
# At once out of sight: half a directory without its journal would look like a backup that is not complete.
[ ! -d "kassette/$tag" ] || mv -- "kassette/$tag" "kassette/removed-$tag" || exit 9
rm -rf -- kassette/removed-*
`;

/** args: volume, run, bytes of the journal, `own` or `staged`: where links will lead from, data directories…; input: the journal */
export const BEGIN_TABLES = String.raw`${ENTER}
alone
run=$1
bytes=$2
from=$3
shift 3
mkdir -p kassette && sync . || exit 9
for data; do
  link=$data/kassette-trial.link
  if [ "$from" = staged ]; then trial=kassette/kassette-trial; else trial=$data/kassette-trial; fi
  rm -f -- "$trial" "$link" && : > "$trial" && ln -T -- "$trial" "$link" && rm -f -- "$trial" "$link" || exit 9
done
echo "$run" > kassette/run && put kassette/tables.json "$bytes"
`;

/** args: volume, bytes of the journal, bytes of the paths; input: the journal, then NUL-ended paths to remove */
export const FINISH_TABLES = String.raw`${ENTER}
alone
mkdir -p kassette && put kassette/tables.next "$1" || exit 9
paths=$(take "$2") || exit
[ -z "$paths" ] || printf '%s\n' "$paths" | tr '\n' '\0' | xargs -0 -r rm -rf -- || exit 9
rm -rf -- kassette/staging || exit 9
if [ "$1" -gt 0 ]; then mv -f -- kassette/tables.next kassette/tables.json || exit 9
else rm -f -- kassette/tables.next kassette/tables.json || exit 9; fi
rm -f -- kassette/run
sync kassette
rmdir kassette 2> /dev/null || true
`;

/** args: volume → `staged BYTES PATH`, `end` */
export const STAGED = String.raw`${ENTER}
[ ! -d kassette/staging ] || find kassette/staging -type f -printf 'staged %s %p\n' || exit 9
echo end
`;

/** args: volume; input: `OFFSET BYTES PATH` lines → those bytes, one behind the other */
export const READ_SEGMENTS = String.raw`${ENTER}
while IFS=' ' read -r offset bytes path; do
  tail -c "+$((offset + 1))" -- "$path" | head -c "$bytes" || exit 9
done
`;

/** args: volume, bytes of the lines; input: `OFFSET BYTES PATH` lines, then the bytes of all of them */
export const STAGE = String.raw`${ENTER}
alone
lines=$(take "$1") || exit
exec 3<&0
printf '%s\n' "$lines" | while IFS=' ' read -r offset bytes path; do
  make_room "$path" "$offset"
  [ "$bytes" -gt 0 ] || continue
  head -c "$bytes" <&3 >> "$path" || exit 9
  [ "$(wc -c < "$path")" -eq $((offset + bytes)) ] || early
done
`;

/**
 * args: volume, directory of the copy; input: `OFFSET BYTES TO FROM` lines. Whoever is killed leaves whole pieces or the
 * beginning of one, never a hole: files only grow at their ends.
 */
export const CARRY = String.raw`${ENTER}
alone
copy=$1
while IFS=' ' read -r offset bytes path from; do
  make_room "$path" "$offset"
  [ "$bytes" -gt 0 ] || continue
  tail -c "+$((offset + 1))" -- "$copy/$from" | head -c "$bytes" >> "$path" || exit 9
  [ "$(wc -c < "$path")" -eq $((offset + bytes)) ] || { echo "$from is shorter than it was" >&2; exit 5; }
done
`;

/** args: volume */
export const SYNC_STAGED = String.raw`${ENTER}
[ ! -d kassette/staging ] || sync -f kassette/staging 2> /dev/null || sync
`;
