import { ENTER, OURS, SPEAKABLE } from './entry.ts';

/** Whether a file has a lower generation than `$first`. */
const IS_EARLIER = String.raw`is_earlier() {
  generation=\${1##*/}
  generation=\${generation#*-}
  [ "\${generation%%-*}" -lt "$first" ]
}
`;

/**
 * args: volume, number of links, bytes of the targets, run, first generation, `emptied` or `filled`: what the tables were
 * before, how many of the links this run has made before, whose Data.db are missing, bytes of the other directories; input: the targets,
 * then other directories of truncated tables, which need not be there, all NUL-ended; then a tar stream of nothing but hard links: one
 * process makes them all, where ln would need one for each. → `stray PATH` lines, `linked N`; `no tar`,
 * nothing done, without GNU tar
 */
export const LINK_BY_TAR = String.raw`${ENTER}
case $(tar --version 2> /dev/null) in *GNU*) ;; *) echo 'no tar'; exit 0 ;; esac
alone
# Where one is missing, its silence is no answer.
command -v grep > /dev/null && command -v join > /dev/null || { echo 'grep and join are needed here' >&2; exit 9; }
fence "$3"
first=$4
targets=$(take "$2") || exit
others=$(take "$7") || exit
targets=$({ printf '%s\n' "$targets"; printf '%s\n' "$others" | while IFS= read -r path; do [ ! -d "$path" ] || printf '%s\n' "$path"; done; } | grep . | sort -u)
# Cassandra makes directories of keyspaces and tables; a link in such a place leads to files of somebody else's.
[ -z "$targets" ] || printf '%s\n' "$targets" | while IFS= read -r path; do
  no_link "$path"
  no_link "\${path%/*}"
done || exit 10
all_targets() { [ -z "$targets" ] || printf '%s\n' "$targets" | tr '\n' '\0' | xargs -0 -r sh -c 'find "$@" -ignore_readdir_race -maxdepth 1 -type f ${SPEAKABLE} '"$1" sh; }
in_targets() { all_targets '-name "${OURS}" '"$1"; }
${IS_EARLIER}made() {
  in_targets '-printf "%n %p\n"' | while IFS=' ' read -r count path; do
    is_earlier "$path" || echo "$count $path"
  done
}
linked_tocs() { made | while IFS=' ' read -r count path; do case $path in *-TOC.txt) [ "$count" -eq 1 ] || printf '%s\0' "$path" ;; esac; done; }
if [ "$6" -gt 0 ]; then
  # What this run was cut off in. Cassandra removes what has no Data.db when it is started: then there is nothing to add one to.
  made | while IFS=' ' read -r _ path; do case $path in *-Data.db) rm -f -- "$path" || exit 9 ;; esac; done || exit 9
  n=$(made | wc -l)
  [ "$n" -eq "$6" ] || { echo "of $6 files that were linked $n are left" >&2; exit 5; }
else
# What an interrupted run linked goes first. One with a single link is nobody's snapshot: Cassandra's own, counted on from a
# link that it met when it was started; and in a table that was not emptied even a link may be its own by now.
[ "$5" = filled ] || in_targets '-links +1 -delete' || exit 9
in_targets '-print' | while IFS= read -r path; do [ -e "\${path%-*}-Data.db" ] || rm -f -- "$path" || exit 9; done || exit 9
sstables() { all_targets '\( -name "*-big-*" -o -name "*-bti-*" \) '"$1"; }
# What is left over where a table was emptied: SSTables that were there before, and components without Data.db.
left_over() {
  sstables '-name "*-Data.db" -printf "%D:%i:%f %p\n"' | sort -S 32M | join - kassette/run.live | cut -d ' ' -f 2 |
    while IFS= read -r path; do printf '%s\n' "\${path%Data.db}"*; done
  sstables '! -name "*-Data.db" -print' | while IFS= read -r path; do
    of "$path"
    [ -e "\${path%/*}/\${sstable}Data.db" ] || printf '%s\n' "$path"
  done
}
of() {
  name=\${1##*/}
  sstable=\${name%-big-*}
  [ "$sstable" = "$name" ] && sstable=\${name%-bti-*}-bti- || sstable=$sstable-big-
}
# With no transaction of Cassandra's about to remove or make it: no file that Cassandra knows of, and it would be loaded with the others.
[ "$5" = filled ] || [ -f kassette/run.live ] || { echo 'kassette/run.live is gone' >&2; exit 9; }
[ "$5" = filled ] || left_over | while IFS= read -r path; do
  of "$path"
  ! grep -qsF -- "$sstable" "\${path%/*}"/*_txn_*.log && [ -e "$path" ] || continue
  aside=kassette/strays/\${path%/*}
  plain "$aside"
  # It may come from another file system, and is on the disk here before it goes there.
  mkdir -p -- "$aside" && rm -f -- "$aside/$name" || exit 9
  ln -T -- "$path" "$aside/$name" 2> /dev/null || cp -pPT -- "$path" "$aside/$name" || exit 9
  sync -f . && rm -f -- "$path" || exit 9
  echo "stray $aside/$name"
done || exit 9
fi
tar -xkPf - || exit 9
# Cassandra appends to a TOC.txt in place when it builds an index: that of the snapshot must not be the same file.
linked_tocs | tar -cPf - --null -T - | tar -xPf - --unlink-first || exit 9
n=$(made | wc -l)
[ "$n" -eq "$1" ] && [ "$(linked_tocs | wc -c)" -eq 0 ] || { echo "$n files were linked instead of $1" >&2; exit 5; }
echo "linked $n"
`.replaceAll('\\$', '$');

/** The same where there is no GNU tar; the input goes on with NUL-ended pairs of source and link. */
export const LINK_BY_LN = LINK_BY_TAR.replace(/^case .*\n/m, '')
  .replace('tar -xkPf -', 'xargs -0 -r -n 2 ln -T --')
  .replace(
    /tar -cPf .*--unlink-first/,
    `xargs -0 -r -n 1 sh -c 'rm -f kassette/toc.part && cp -pP -- "$1" kassette/toc.part && mv -fT -- kassette/toc.part "$1"' sh`,
  );

/** args: volume, run, first generation, data directories… */
export const UNLINK = String.raw`${ENTER}
alone
mkdir -p kassette && note_run "$1" || exit 9
first=$2
shift 2
${IS_EARLIER}remove() {
  names=$1
  shift
  { find "$@" -ignore_readdir_race -mindepth 3 -maxdepth 3 -type f -name "$names" ${SPEAKABLE} && echo end; } | {
    while IFS= read -r path; do
      [ "$path" != end ] || exit 0
      is_earlier "$path" || rm -f -- "$path" || exit 9
    done
    exit 9
  }
}
# Without the others a Data.db would keep Cassandra from starting; without it, it removes the others itself.
remove '${OURS}-Data.db' "$@" && remove '${OURS}' "$@" || exit 9
`.replaceAll('\\$', '$');

/**
 * args: volume, run, bytes of the lines; input: `BYTES PATH` lines, then the contents of all files. Cassandra itself writes a
 * Statistics.db beside its name like this, and removes what is left of that.
 */
export const REPLACE = String.raw`${ENTER}
alone
fence "$1"
lines=$(take "$2") || exit
exec 3<&0
printf '%s\n' "$lines" | while IFS=' ' read -r bytes path; do
  no_link "\${path%/*}"
  no_link "$path"
  # With its owner and mode.
  rm -f -- "$path.tmp" && cp -pP -- "$path" "$path.tmp" && head -c "$bytes" <&3 > "$path.tmp" || exit 9
  [ "$(wc -c < "$path.tmp")" -eq "$bytes" ] || early
  mv -fT -- "$path.tmp" "$path" || exit 9
done
`.replaceAll('\\$', '$');

/** args: volume, bytes of the targets; input: targets, NUL-ended → paths of files under our generations, `end` */
export const NOT_LOADED = String.raw`${ENTER}
targets=$(take "$1") || exit
[ -z "$targets" ] || printf '%s\n' "$targets" | tr '\n' '\0' |
  xargs -0 -r sh -c 'find "$@" -ignore_readdir_race -maxdepth 1 -type f -name "${OURS}" ${SPEAKABLE}' sh || exit 9
echo end
`;
