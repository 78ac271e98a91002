import { ENTER, SPEAKABLE } from './entry.ts';

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
note_run "$run" "$@" && put kassette/tables.json "$bytes"
`;

/** args: volume, bytes of the journal, bytes of the paths, data directories…; input: the journal, then NUL-ended paths to remove */
export const FINISH_TABLES = String.raw`${ENTER}
alone
bytes=$1
mkdir -p kassette && put kassette/tables.next "$bytes" || exit 9
paths=$(take "$2") || exit
shift 2
# What was loaded outlives a power cut from here on.
[ $# -eq 0 ] || sync -f -- "$@" || exit 9
[ -z "$paths" ] || printf '%s\n' "$paths" | tr '\n' '\0' | xargs -0 -r rm -rf -- || exit 9
rm -rf -- kassette/staging || exit 9
if [ "$bytes" -gt 0 ]; then mv -f -- kassette/tables.next kassette/tables.json || exit 9
else rm -f -- kassette/tables.next kassette/tables.json || exit 9; fi
rm -f -- kassette/run kassette/run.live
sync kassette
rmdir kassette 2> /dev/null || true
`;

/** args: volume → `staged BYTES PATH`, `end` */
export const STAGED = String.raw`${ENTER}
plain kassette/staging
[ ! -d kassette/staging ] || find kassette/staging -type f ${SPEAKABLE} -printf 'staged %s %p\n' || exit 9
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
export const COPY_DIRECT = String.raw`${ENTER}
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
[ ! -d kassette/staging ] || sync -f kassette/staging
`;
