import type { Readable } from 'node:stream';
import { Measured } from './measured.js';

/** An artifact's bytes on their way out: checked against the address where they are read whole, errors translated. */
export function opened(bytes: Readable, expected: string | undefined, translated: (error: Error) => unknown): Readable {
  const out = new Measured(expected);
  bytes.once('error', (error) => out.destroy(translated(error) as Error));
  // A source that ends without its end (a connection that was cut) says only that it is closed.
  bytes.once('close', () => {
    if (!bytes.readableEnded) out.destroy(translated(new Error('the bytes stopped before their end')) as Error);
  });
  out.once('close', () => bytes.destroy());
  bytes.pipe(out);
  return out;
}
