import { InvalidReferenceError } from './database-errors.js';

/** The place in a keyset listing after which the next page begins, as an opaque text. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Throws InvalidReferenceError where the text is no cursor of `length` parts. */
export function decodeCursor(cursor: string, length: number): string[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parts = undefined;
  }
  if (Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string')) return parts;
  throw invalidCursor();
}

export function invalidCursor(): InvalidReferenceError {
  return new InvalidReferenceError('cursor', 'is not a cursor of this listing: begin again without one');
}
