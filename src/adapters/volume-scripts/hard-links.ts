import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

/** A tar stream of hard links: `[existing, new]` paths. No file content is in it, so nothing can be copied. */
export async function hardLinks(links: readonly (readonly [string, string])[]): Promise<Buffer> {
  const stream = pack();
  const whole = buffer(stream);
  for (const [linkname, name] of links) stream.entry({ type: 'link', name, linkname, size: 0 });
  stream.finalize();
  return whole;
}
