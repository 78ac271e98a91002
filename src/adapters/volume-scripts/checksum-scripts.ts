import { ENTER, MOST_BYTES, OTHER_SNAPSHOTS, SPEAKABLE } from './entry.ts';
import { READ } from './scripts.ts';

/** `done`, as `od` reads it: what gzip wrote before is whole. The status of a pipe is that of its last part. */
const MARK = 1701736292;

/**
 * args: volume; input: NUL-ended paths → a decimal CRC-32 a line. By the first tool that is there: Python, which cqlsh needs,
 * takes a second for a gigabyte, gzip, which compresses what nobody wants compressed, half a minute.
 */
export const CRC32S = String.raw`${ENTER}
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
  set -- $({ gzip -1 -c < "$f" && printf done; } | tail -c 12 | od -An -tu4 --endian=little)
  [ "$3" = ${MARK} ] && echo "$1" || exit 7
done' sh
`;

/** args: volume; input: `OFFSET BYTES PATH` lines → a decimal CRC-32 of those bytes a line, by the same tools */
export const RANGE_CRC32S = String.raw`${ENTER}
if cksum -a crc32b /dev/null > /dev/null 2>&1; then sum() { cksum -a crc32b --untagged | cut -d ' ' -f 1; }
elif python3 -I -c 'import zlib' 2> /dev/null; then sum() { python3 -I -c 'import sys, zlib
crc = 0
for part in iter(lambda: sys.stdin.buffer.read(1 << 20), b""):
    crc = zlib.crc32(part, crc)
print(crc)'; }
elif command -v gzip > /dev/null; then sum() {
  set -- $({ gzip -1 -c && printf done; } | tail -c 12 | od -An -tu4 --endian=little)
  [ "$3" = ${MARK} ] && echo "$1"
}
else echo 'neither cksum -a crc32b nor python3 nor gzip is in the container' >&2; exit 6; fi
while IFS=' ' read -r offset bytes path; do
  [ -f "$path" ] || { echo "$path is gone" >&2; exit 7; }
  tail -c "+$((offset + 1))" -- "$path" | head -c "$bytes" | sum || exit 7
done
`;

/** args: volume; input: NUL-ended paths → `CKSUM BYTES PATH` lines */
export const CKSUMS = String.raw`${ENTER}
xargs -0 -r cksum --
`;

/**
 * args: volume, tag, data directories…; input: how many bytes are read at most, but for one file → what READ answers, then
 * `sum PATH CKSUM` of every component but Data.db, then `summed`, or `more` where the rest is left to the next run.
 *
 * SSTables are immutable, so a checksum is kept in `kassette/checksums` as long as inode, size and time stay those of the file: `INODE:BYTES:TIME CKSUM`
 * lines, sorted, behind their own `cksum` and the list's own inode. The time of change is none of them: each link that is made or removed changes it,
 * and so does a kubelet that gives the files of a volume to its `fsGroup`.
 * Many files go through one process, and nothing grows in memory with their number.
 */
export const READ_AND_SUM = String.raw`${READ}
read -r budget || early
kept=kassette/checksums
plain "$kept"
# What an interrupted run has left; one that is still at work here finds its directory gone, and ends.
rm -rf -- "$kept".* 2> /dev/null
mkdir -p kassette && work=$(mktemp -d "$kept.XXXXXX") || exit 9
trap 'rm -rf -- "$work"' EXIT
find "$@" -ignore_readdir_race -mindepth 4 ${OTHER_SNAPSHOTS} \
  -o \( -type f -path "*/snapshots/$tag/*" -name '*-*-*-*' ! -name '*-Data.db' ${SPEAKABLE} ! -path '*\\*' -printf '%i:%s:%T@ %p\n' \) \
  > "$work/files" && sort -S 32M -T "$work" -o "$work/files" "$work/files" || exit 9
# A volume that was copied file by file has other inodes, and this file, too, which names its own.
[ ! -f "$kept" ] || [ "$(wc -c < "$kept")" -gt ${MOST_BYTES} ] ||
  [ "$(head -n 1 "$kept")" != "$(tail -n +2 "$kept" | cksum) $(stat -c %i "$kept")" ] ||
  tail -n +2 "$kept" | grep -Ex '[0-9]+:[0-9]+:[0-9.]+ [0-9]+' | sort -S 32M -T "$work" -u -k 1,1 > "$work/known"
: >> "$work/known"
join "$work/files" "$work/known" > "$work/sums" && join -v 1 "$work/files" "$work/known" > "$work/new" || exit 9
files=$(cut -d ' ' -f 1 "$work/new" | cut -d : -f 2 | {
  n=0
  # A shell reads byte by byte: of each line no more than it needs.
  while [ "$budget" -gt 0 ] && read -r bytes; do budget=$((budget - bytes)) n=$((n + 1)); done
  echo "$n"
})
head -n "$files" "$work/new" > "$work/now"
cut -d ' ' -f 2 "$work/now" | tr '\n' '\0' | xargs -0 -r cksum -- > "$work/made" || exit 7
paste -d ' ' "$work/now" "$work/made" | cut -d ' ' -f 1-3 >> "$work/sums"
cut -d ' ' -f 1,3 "$work/sums" | sort -S 32M -T "$work" > "$work/lines"
: > "$work/kept" && { echo "$(cksum < "$work/lines") $(stat -c %i "$work/kept")" && cat "$work/lines"; } >> "$work/kept" &&
  sync "$work/kept" && mv -fT -- "$work/kept" "$kept" || exit 9
yes sum | head -n "$(wc -l < "$work/sums")" | paste -d ' ' - "$work/sums" | cut -d ' ' -f 1,3,4
if [ "$files" -ge "$(wc -l < "$work/new")" ]; then echo summed; else echo more; fi
`.replaceAll('\\$', '$');
