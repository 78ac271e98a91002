/** Why an archive has stopped: `SECONDS NAME REASON`, as its own script writes it. A volume is not trusted with a longer one. */
export function reasonOf(stopped: string): string {
  const [reason = ''] = stopped.split('\n');
  const words = reason.split(' ').slice(2).join(' ');
  return words.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 120);
}
