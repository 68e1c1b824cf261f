import { randomBytes } from 'node:crypto';

/**
 * A UUID of version 7 (RFC 9562): ids made later sort later, so an index by id is also one by age. `sequence` (0 to
 * 4095) orders ids of the same millisecond.
 */
export function timeOrderedId(atMs: number, sequence: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(atMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | (sequence & 0x0fff), 6);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
