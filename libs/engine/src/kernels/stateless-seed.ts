/**
 * The two 32-bit words that key a draw: (seed, stream) mixed into the first, the step as the second. Streams of one
 * seed never meet; the mixing keeps neighbouring seeds from sharing streams.
 */
export function seedWord(seed: number, stream: number): number {
  return (mix(seed >>> 0) + stream) | 0;
}

export const MIXERS = [0x85ebca6b, 0xc2b2ae35] as const;

/** The 32-bit finaliser of MurmurHash3: a bijection. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), MIXERS[0]);
  word = Math.imul(word ^ (word >>> 13), MIXERS[1]);
  return (word ^ (word >>> 16)) >>> 0;
}
