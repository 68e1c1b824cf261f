/**
 * Uniform numbers in [0, 1) from a seed and what they are for: the same on every machine. The state is a counter that is
 * mixed (SplitMix32, after Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
 */
export function seededUniform(seed: number, purpose: string): () => number {
  let state = seed | 0;
  for (const character of purpose) state = Math.imul(state ^ character.codePointAt(0)!, 0x9e3779b1);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers from uniform ones (Box & Muller, 1958). */
export function normalFrom(uniform: () => number): () => number {
  let kept: number | undefined;
  return () => {
    if (kept !== undefined) {
      const value = kept;
      kept = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
