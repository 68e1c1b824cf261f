import { z } from 'zod';
import { NUMBER_FORMATS } from '../../number-formats.js';
import type { Weight } from '../torch-layout.js';

/** What a manifest of TensorFlow.js says of one array; `quantization`: real number = stored · scale + min. */
export const TfjsWeightSchema = z.object({
  name: z.string(),
  shape: z.array(z.int().nonnegative()).max(8),
  dtype: z.enum(['float32', 'int32', 'bool']),
  quantization: z
    .union([
      z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
      z.object({ dtype: z.literal('float16') }),
    ])
    .optional(),
});
export type TfjsWeight = z.infer<typeof TfjsWeightSchema>;

const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

/** Bytes of an array in the shards. */
export function tfjsBytes({ shape, dtype, quantization }: TfjsWeight): number {
  return shape.reduce((product, size) => product * size, BYTES[quantization?.dtype ?? dtype]);
}

/** Bytes of an array in memory, whatever it has in the shards. */
export function tfjsDecodedBytes({ shape, dtype }: TfjsWeight): number {
  return shape.reduce((product, size) => product * size, BYTES[dtype]);
}

/** @returns the numbers; of what is not float32, nothing */
export function decodeTfjsWeight(
  { shape, dtype, quantization }: TfjsWeight,
  raw: Uint8Array<ArrayBuffer>,
): Weight | undefined {
  if (dtype !== 'float32') return undefined;
  if (quantization === undefined) return { shape, values: NUMBER_FORMATS.F32.decode(raw) };
  if (quantization.dtype === 'float16') return { shape, values: NUMBER_FORMATS.F16.decode(raw) };
  const { scale, min } = quantization;
  const stored = quantization.dtype === 'uint8' ? raw : new Uint16Array(raw.buffer);
  return { shape, values: Float32Array.from(stored, (value: number) => value * scale + min) };
}
