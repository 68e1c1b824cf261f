import { z } from 'zod';

const finite = z.number().refine(Number.isFinite, 'must be finite');
const range = (number: z.ZodNumber | typeof finite) =>
  z
    .tuple([number, number])
    .refine(([low, high]) => low < high, { message: 'must be [low, high], the lower end first' });

/** From what the values of a field are drawn. Numbers that are no integers have four significant digits. */
export const DistributionSchema = z.union(
  [
    /** Every value between the two is equally probable. */
    z.strictObject({ uniform: range(finite) }),
    /** Its logarithm is uniform: for what is tried by orders of magnitude, such as a learning rate. */
    z.strictObject({ logUniform: range(z.number().positive().max(Number.MAX_VALUE)) }),
    /** Whole numbers, both ends among them. */
    z.strictObject({ integer: range(z.int()) }),
    /** One of a list. */
    z.strictObject({ choice: z.array(z.unknown()).min(1).max(1000) }),
  ],
  { error: 'needs one of "uniform", "logUniform", "integer" (each [low, high]) or "choice" (a list)' },
);
export type Distribution = z.output<typeof DistributionSchema>;

/** Random search (Bergstra & Bengio, 2012): points that are drawn, beside those of the matrix's grid. */
export const RandomSpecSchema = z.strictObject({
  /** How many points are drawn; each is run with every seed, at every point of the matrix. */
  runs: z.int().min(1).max(1000),
  /** Of the drawing. The same seed draws the same points; more runs add points to those that were there. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
  /** Dotted path of a spec field → its distribution. */
  fields: z
    .record(z.string(), DistributionSchema)
    .refine((fields) => Object.keys(fields).length > 0, { message: 'must name a field of the spec' }),
});
export type RandomSpec = z.output<typeof RandomSpecSchema>;

/**
 * The points of a random search. A value depends on the seed, the field and the point's number alone: a further field or
 * further runs leave the others as they are.
 */
export function drawPoints({ runs, seed, fields }: RandomSpec): Record<string, unknown>[] {
  return Array.from({ length: runs }, (_, index) =>
    Object.fromEntries(
      Object.entries(fields).map(([path, distribution]) => [path, draw(distribution, uniform(seed, path, index))]),
    ),
  );
}

/** @param u uniform in [0, 1) */
function draw(distribution: Distribution, u: number): unknown {
  if ('choice' in distribution) return distribution.choice[Math.floor(u * distribution.choice.length)];
  if ('integer' in distribution) {
    const [low, high] = distribution.integer;
    return low + Math.floor(u * (high - low + 1));
  }
  if ('uniform' in distribution) {
    const [low, high] = distribution.uniform;
    return between(low + u * (high - low), low, high);
  }
  const [low, high] = distribution.logUniform;
  return between(low * (high / low) ** u, low, high);
}

/** Four digits are as many as a search can tell apart, and as a person can read; rounding leads out of no range. */
function between(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Number(value.toPrecision(4))));
}

/**
 * A number in [0, 1) from 32 bits: FNV-1a of what names the draw, then MurmurHash3's finaliser, which spreads neighbouring
 * names over the whole range.
 */
function uniform(seed: number, path: string, index: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}\n${path}\n${index}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
