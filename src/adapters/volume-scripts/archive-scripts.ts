import { ENTER, SPEAKABLE } from './entry.ts';

/**
 * args: volume → `stopped BASE64`, `live` where the commit log's directory is there, `room TOTAL FREE` in bytes, `archived BYTES SECONDS NAME`, `active BYTES SECONDS
 * NAME`, `end`
 */
export const LOG_FILES = String.raw`${ENTER}
plain kassette/commitlog
say stopped kassette/commitlog/stopped
df -P -B1 . | { read -r _; read -r _ total _ free _; echo "room $total $free"; }
segments() {
  find "$1" -ignore_readdir_race -mindepth 1 -maxdepth 1 -type f -name 'CommitLog-*.log' ${SPEAKABLE} -printf "$2 %s %T@ %f\n" || exit 9
}
# The log first: a segment that ends meanwhile is seen twice rather than not at all.
if [ -d commitlog ] && [ ! -L commitlog ]; then
  echo live
  segments commitlog active
fi
[ ! -d kassette/commitlog ] || segments kassette/commitlog archived
echo end
`;

/** args: volume, bytes of the names; input: NUL-ended names of archived segments. What made the archive stop is taken away last. */
export const PRUNE = String.raw`${ENTER}
alone
plain kassette/commitlog
names=$(take "$1") || exit
[ -d kassette/commitlog ] || exit 0
cd kassette/commitlog || exit 9
[ -z "$names" ] || printf '%s\n' "$names" | tr '\n' '\0' | xargs -0 -r rm -f -- || exit 9
rm -f -- stopped && sync . || exit 9
cd ../..
`;
