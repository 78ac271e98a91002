/** Below a data volume: where finished segments are kept. In the volume, so that each of its snapshots has them. */
export const ARCHIVE = 'kassette/commitlog';

export const PROPERTIES_FILE = 'commitlog_archiving.properties';
export const SCRIPT_FILE = 'kassette-archive.sh';

/** How a finished segment is kept: a hard link takes no room and no time, but cannot cross to another volume. */
export type Method = 'link' | 'copy';

/** Where archiving stops by itself. */
export interface Bound {
  /** Of the volume, percent, that the archive takes at most. */
  readonly mostPercent: number;
  /** Of the volume, percent, that stays free. */
  readonly freePercent: number;
  /** That the archive takes at most; null where the share decides alone. */
  readonly mostBytes: number | null;
}

export const DEFAULT_BOUND: Bound = { mostPercent: 25, freePercent: 10, mostBytes: null };

/**
 * `commitlog_archiving.properties`. Cassandra splits the command at blanks and knows no quotes.
 * @param volume the data volume's directory, where the node sees it
 */
export function archivingProperties(
  script: string,
  volume: string,
  method: Method = 'link',
  { mostPercent, freePercent, mostBytes }: Bound = DEFAULT_BOUND,
): string {
  const bound = [mostPercent, freePercent, mostBytes ?? 0];
  const words = ['/bin/sh', script, '%path', '%name', `${volume}/${ARCHIVE}`, method, ...bound];
  return `# Written by kassette: every finished segment of the commit log is kept.\narchive_command=${words.join(' ')}\n`;
}

/**
 * What Cassandra runs for each finished segment: PATH NAME ARCHIVE link|copy MOST_PERCENT FREE_PERCENT MOST_BYTES. POSIX sh, with df and du. It always succeeds:
 * a segment of which the command fails is left in the commit log's directory until the next start, outside of every limit of
 * Cassandra's, and a full disk stops the node. Where it cannot or may not go on it says so in `stopped`, and archives nothing more until a backup
 * begins a new window: what came behind a gap could not be replayed.
 */
export const ARCHIVE_SCRIPT = String.raw`#!/bin/sh
set -u
export LC_ALL=C
path=$1 name=$2 archive=$3 method=$4 most=$5 free=$6 bytes=$7
# A link may lead out of the volume.
for d in "\${archive%/*}" "$archive"; do
  [ ! -L "$d" ] || exit 0
  [ -d "$d" ] || mkdir "$d" || exit 0
done
stop() {
  (set -C; printf '%s %s %s\n' "$(date +%s)" "$name" "$1" > "$archive/stopped")
  exit 0
}
[ ! -e "$archive/stopped" ] && [ ! -L "$archive/stopped" ] || exit 0
# At a start Cassandra asks for what it finds, archived or not.
[ ! -e "$archive/$name" ] || exit 0
room=$(df -Pk "$archive" | { read -r _; read -r _ total _ available _; echo "$total $available"; })
total=\${room% *} available=\${room#* }
used=$(du -sk "$archive" | { read -r used _; echo "$used"; })
case $total$available$used in ''|*[!0-9]*) stop 'the room in the volume is not known' ;; esac
[ $((available * 100)) -ge $((total * free)) ] || stop "less than $free % of the volume is free"
[ $((used * 100)) -le $((total * most)) ] || stop "the archive takes more than $most % of the volume"
[ "$bytes" -eq 0 ] || [ $((used * 1024)) -le "$bytes" ] || stop "the archive takes more than $bytes bytes"
case $method in
  link) ln "$path" "$archive/$name" || stop 'the segment cannot be linked into the archive' ;;
  # With its time, by which the window is known; whole or not at all.
  copy)
    rm -f "$archive/$name.part"
    cp -p "$path" "$archive/$name.part" && sync && mv "$archive/$name.part" "$archive/$name" ||
      stop 'the segment cannot be copied into the archive'
    ;;
esac
exit 0
`.replaceAll('\\$', '$');
