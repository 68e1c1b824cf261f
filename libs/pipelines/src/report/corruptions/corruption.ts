/**
 * Spoils one image, as a person or a camera might.
 * @param pixels `size² × 3` bytes, RGB; not changed
 * @param strength what the corruption's severities say
 * @returns `size² × 3` bytes
 */
export type Corruption = (
  pixels: Uint8Array,
  size: number,
  strength: number,
  uniform: () => number,
) => Uint8Array | Promise<Uint8Array>;

/** A byte of a value that may lie outside; cut off as NumPy's `np.uint8` does, which is how the benchmarks are stored. */
export function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value);
}
