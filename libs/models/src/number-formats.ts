/** How many bytes a number takes in a file, and how little-endian ones become float32. */
export interface NumberFormat {
  readonly bytes: number;
  /** @param raw a buffer of its own */
  decode(raw: Uint8Array<ArrayBuffer>): Float32Array;
}

/**
 * The types that weight files may have, by safetensors' names. I64 is for counters: beyond 2^24 it is rounded, as F64 is
 * everywhere.
 */
export const NUMBER_FORMATS = {
  F32: { bytes: 4, decode: (raw) => new Float32Array(raw.buffer) },
  F64: { bytes: 8, decode: (raw) => Float32Array.from(new Float64Array(raw.buffer)) },
  I64: { bytes: 8, decode: (raw) => Float32Array.from(new BigInt64Array(raw.buffer), Number) },
  F16: { bytes: 2, decode: (raw) => Float32Array.from(new Uint16Array(raw.buffer), halfToSingle) },
  BF16: { bytes: 2, decode: bfloat16ToSingle },
} as const satisfies Readonly<Record<string, NumberFormat>>;

export type NumberFormatName = keyof typeof NUMBER_FORMATS;

/** IEEE 754 binary16 → its value. */
function halfToSingle(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloat16ToSingle(raw: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(raw.buffer), (bits) => bits << 16).buffer);
}
