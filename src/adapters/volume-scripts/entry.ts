/*
 * The scripts that run on a node's files. POSIX sh with coreutils, findutils and grep; tar, python3 and gzip are used where they
 * are there. The first argument is always the volume; answers are lines of words, file contents as base64.
 * Cassandra's own names are letters, digits, `_`, `-`, `+`, `.`, so a line can hold them. A file with any other name was put there to
 * forge lines, and is left out. What kassette passes in arrives as arguments or on standard input and is never part of a script. No
 * link is followed where kassette keeps or puts something: anyone may have made a volume, and a link may lead out of it. The process that
 * writes the input may be killed in
 * the middle, so the length of each part of it is known beforehand and looked at before the part is used.
 */

/** Names of files under our own generations, 1,000,000,000 to 2,147,483,647. */
export const OURS = '*-[12][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-*';

/** For find: paths that can be a part of a line. */
export const SPEAKABLE = '! -path "*[[:cntrl:][:space:]]*"';

/**
 * That each of the data directories that a script has as its arguments can be looked through: one that is passed over would make a
 * list that looks whole. Cassandra looks through all of them itself, `lost+found` included.
 */
export const LOOK_THROUGH = String.raw`
cannot() { echo "data directory $1" >&2; exit 11; }
for data; do
  way=$data
  while [ -n "$way" ]; do
    [ ! -L "$way" ] || cannot "$data is or lies behind a symbolic link ($way)"
    # Above one outside the volume is the container's own.
    case $way in /*) way= ;; */*) way=\${way%/*} ;; *) way= ;; esac
  done
  [ -d "$data" ] || cannot "$data is not there"
  [ -r "$data" ] && [ -x "$data" ] || cannot "$data cannot be read by user $(id -u)"
  for below in "$data"/*; do
    [ ! -d "$below" ] || [ -L "$below" ] || { [ -r "$below" ] && [ -x "$below" ]; } ||
      cannot "$data has $below, which user $(id -u) cannot read"
  done
done
`.replaceAll('\\$', '$');

/** For find: passes over the snapshots that are not `$tag`'s. */
export const OTHER_SNAPSHOTS = String.raw`\( -type d -path '*/snapshots/*' ! -path "*/snapshots/$tag" ! -path "*/snapshots/$tag/*" -prune \)`;

/** No answer is longer than what a program can hold as one text, and nothing that kassette writes is bigger. */
export const MOST_BYTES = 268435456;

export const ENTER = String.raw`set -u
export LC_ALL=C
cd -- "$1" || exit 9
shift
# The shell's own may take \n in a name for the end of a line.
echo() { printf '%s\n' "$*"; }
no_link() { [ ! -L "$1" ] || { echo "$1 is a symbolic link, which kassette does not follow" >&2; exit 10; }; }
# That no name on the way to a path is a link, its own included.
plain() {
  way=$1
  until [ -z "$way" ]; do
    no_link "$way"
    case $way in */*) way=\${way%/*} ;; *) way= ;; esac
  done
}
plain kassette
early() { echo 'the input ended early' >&2; exit 4; }
put() {
  plain "$1"
  # An interrupted run's, or a trap.
  rm -f -- "$1.part" || return
  head -c "$2" > "$1.part" || return
  [ "$(wc -c < "$1.part")" -eq "$2" ] || early
  sync "$1.part" && mv -fT -- "$1.part" "$1" && sync "$(dirname -- "$1")"
}
take() {
  taken=$(head -c "$1" | tr '\0' '\n'; echo .)
  [ \${#taken} -eq $(($1 + 1)) ] || early
  printf '%s' "\${taken%.}"
}
# A run that was cut off may still be at work here: what changes anything waits for it.
running() {
  case $({ tr '\0' '\n' < "/proc/$1/cmdline"; } 2> /dev/null) in
    *.kassette-busy*) ;;
    *) return 1 ;;
  esac
}
alone() {
  n=0
  tries=0
  [ ! -e .kassette-busy ] || [ -f .kassette-busy ] || rm -f .kassette-busy
  until (set -C; echo $$ > .kassette-busy) 2> /dev/null; do
    pid=$(head -c 20 .kassette-busy 2> /dev/null)
    if [ -n "$pid" ] && [ "$pid" != $$ ] && running "$pid"; then
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
  plain "$1"
  mkdir -p -- "$(dirname -- "$1")" && : >> "$1" || exit 9
  size=$(wc -c < "$1")
  [ "$size" -ge "$2" ] || { echo "$1 is shorter than it was" >&2; exit 5; }
  [ "$size" -eq "$2" ] || truncate -s "$2" -- "$1" || exit 9
}
# args: run, data directories… Which SSTables are there as it begins is noted, too: each by what no other file can have as well, since times
# are only as right as clocks.
note_run() {
  [ "$(cat kassette/run 2> /dev/null)" != "$1" ] || return 0
  run_begun=$1
  shift
  rm -f -- kassette/run kassette/run.live || return
  find "$@" -ignore_readdir_race -mindepth 3 -maxdepth 3 -type f -name '*-Data.db' -printf '%D:%i:%f\n' > kassette/run.live &&
    sort -S 32M -T kassette -o kassette/run.live kassette/run.live && echo "$run_begun" > kassette/run
}
left=${MOST_BYTES}
say() {
  plain "$2"
  [ -f "$2" ] || return 0
  left=$((left - $(wc -c < "$2")))
  [ "$left" -ge 0 ] || { echo "$2 is too big to be what kassette wrote" >&2; exit 10; }
  printf '%s ' "$1"
  base64 -w0 -- "$2" || exit 8
  echo
}
`.replaceAll('\\$', '$');
