import { ENTER } from './entry.ts';

/** More than any such text. */
const MOST_BYTES = 65536;
/** Of texts that nobody has removed. */
const MINUTES = 24 * 60;

/*
 * How far something has come that only reads is kept in the container's memory (`/dev/shm`, which each container of Kubernetes has and may
 * write to), else in its `/tmp`. A volume is read by another container once it was restored. For what is copied in another way, and where
 * containers share that memory, the text's name has what no copy has: the inode of the manifest and when that was last changed, and the
 * container's own number.
 */
const KEPT = String.raw`
place=
for base in /dev/shm /tmp; do
  [ ! -d "$base" ] || [ ! -w "$base" ] || { place=$base/kassette-$(id -u); break; }
done
# Anyone may make a directory of that name there.
own() { [ -d "$place" ] && [ ! -L "$place" ] && [ "$(stat -c %u -- "$place")" = "$(id -u)" ]; }
manifest=kassette/$1/backup.json
[ -n "$place" ] && [ -f "$manifest" ] || exit 0
kept=$place/$1.$(stat -c %d.%i.%Z -- "$manifest").$(readlink /proc/self/ns/mnt | tr -dc 0-9)
`;

/** args: volume, tag → the text, or nothing */
export const READ_PROGRESS = String.raw`${ENTER}${KEPT}
own && [ -f "$kept" ] && [ ! -L "$kept" ] && head -c ${MOST_BYTES} -- "$kept"
exit 0
`;

/** args: volume, tag, bytes, 0 to remove it; input: the text */
export const WRITE_PROGRESS = String.raw`${ENTER}${KEPT}
mkdir -m 700 -- "$place" 2> /dev/null
own || exit 0
find "$place" -type f -mmin +${MINUTES} -exec rm -f -- {} + 2> /dev/null
[ "$2" -gt 0 ] || { rm -f -- "$kept"; rmdir -- "$place" 2> /dev/null; exit 0; }
head -c "$2" > "$kept.$$" && [ "$(wc -c < "$kept.$$")" -eq "$2" ] && mv -fT -- "$kept.$$" "$kept" || rm -f -- "$kept.$$"
exit 0
`;
