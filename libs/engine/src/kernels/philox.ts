/**
 * Philox 4×32-10, a counter-based random number generator (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011), keyed as TensorFlow's StatelessRandomUniform keys it: the same numbers as on `tensorflow`.
 */
export function philoxUniform(size: number, seed: number, step: number): Float32Array {
  const scrambled = block([seed, seed >> 31, step, step >> 31], KEY_FOR_SCRAMBLING);
  const key: Key = [scrambled[0], scrambled[1]];
  const values = new Float32Array(size);
  for (let at = 0; at < size; at += 4) {
    const words = block([at / 4, 0, scrambled[2], scrambled[3]], key);
    for (let i = 0; i < 4 && at + i < size; i++) values[at + i] = toUnitFloat(words[i]!);
  }
  return values;
}

type Block = [number, number, number, number];
type Key = [number, number];

const KEY_FOR_SCRAMBLING: Key = [0x3ec8f720, 0x02461e29];
const MULTIPLIER_A = 0xd2511f53;
const MULTIPLIER_B = 0xcd9e8d57;
const WEYL_A = 0x9e3779b9;
const WEYL_B = 0xbb67ae85;

function block(counter: Block, [keyA, keyB]: Key): Block {
  let [a, b, c, d] = counter.map((word) => word >>> 0) as Block;
  for (let round = 0; round < 10; round++) {
    const highA = multiplyHigh(a, MULTIPLIER_A);
    const highB = multiplyHigh(c, MULTIPLIER_B);
    const lowA = Math.imul(a, MULTIPLIER_A) >>> 0;
    const lowB = Math.imul(c, MULTIPLIER_B) >>> 0;
    [a, b, c, d] = [(highB ^ b ^ keyA) >>> 0, lowB, (highA ^ d ^ keyB) >>> 0, lowA];
    keyA = (keyA + WEYL_A) >>> 0;
    keyB = (keyB + WEYL_B) >>> 0;
  }
  return [a, b, c, d];
}

/** The upper 32 bits of a product of two unsigned 32-bit words. */
function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  const middle = xHigh * yLow + Math.floor((xLow * yLow) / 0x10000);
  const carry = xLow * yHigh + (middle % 0x10000);
  return (xHigh * yHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** The lower 23 bits as the mantissa of a number in [1, 2), less 1. */
function toUnitFloat(word: number): number {
  return (word & 0x7fffff) / 0x800000;
}
