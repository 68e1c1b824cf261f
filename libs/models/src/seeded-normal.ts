/**
 * Normally distributed numbers that depend on the seed and the name alone: the same bits on every machine, backend and
 * Node version. Therefore only operations that IEEE 754 rounds exactly (+ − × ÷ √) are used: `Math.log` and `Math.cos`
 * may differ in the last digit from one V8 to the next.
 *
 * Marsaglia's polar method (Marsaglia & Bray, 1964) over xoshiro128** (Blackman & Vigna, 2021).
 * @param name tells apart the draws of one seed, such as a parameter's name
 */
export function seededNormal(
  seed: number,
  name: string,
  count: number,
  standardDeviation: number,
): Float32Array<ArrayBuffer> {
  const uniform = xoshiro128(seed, name);
  const values = new Float32Array(count);
  for (let index = 0; index < count;) {
    const u = 2 * uniform() - 1;
    const v = 2 * uniform() - 1;
    const s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const scale = standardDeviation * Math.sqrt((-2 * naturalLogarithm(s)) / s);
    values[index++] = u * scale;
    if (index < count) values[index++] = v * scale;
  }
  return values;
}

/** Uniform numbers in [0, 1) with 32 random bits. */
function xoshiro128(seed: number, name: string): () => number {
  const next = splitmix32((seed ^ fnv1a(name)) >>> 0, Math.floor(seed / 2 ** 32));
  let [a, b, c, d] = [next(), next(), next(), next() | 1];
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result / 2 ** 32;
  };
}

/** Spreads a small seed over many bits (Steele, Lea & Flood, 2014, the 32-bit form). */
function splitmix32(low: number, high: number): () => number {
  let state = (low + Math.imul(high, 0x85ebca6b)) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** 32-bit FNV-1a over UTF-16 units (RFC 9923). */
function fnv1a(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return hash;
}

/** ln(x) for 0 < x < 1, within 1e-15 relative: x = m·2^e with m in [√½, √2), ln m = 2·artanh((m − 1) / (m + 1)). */
function naturalLogarithm(x: number): number {
  let exponent = 0;
  let mantissa = x;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  const square = t * t;
  let series = 0;
  for (let k = 21; k >= 1; k -= 2) series = series * square + 1 / k;
  return 2 * t * series + exponent * Math.LN2;
}
