/**
 * The numbers 0 to length − 1 in an order that is a pure function of (seed, epoch): Fisher–Yates over a generator that
 * starts from both. Any epoch's order is had without having drawn the earlier ones, so a resumed run sees what an
 * unbroken one sees.
 */
export function permutation(length: number, seed: number, epoch: number): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i);
  const random = sfc32(seed, epoch);
  for (let i = length - 1; i > 0; i--) {
    const j = below(i + 1, random);
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  return order;
}

/** A number from 0 to bound − 1, each as probable as the others. */
function below(bound: number, random: () => number): number {
  const fair = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const drawn = random();
    if (drawn < fair) return drawn % bound;
  }
}

/** Doty-Humphrey's sfc32 (PractRand): 32 random bits per call. */
function sfc32(seed: number, epoch: number): () => number {
  let a = seed | 0;
  let b = epoch | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // The first outputs still show the seed's bits.
  for (let i = 0; i < 16; i++) next();
  return next;
}
