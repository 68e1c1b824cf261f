import { z } from 'zod';

/** Corruptions of images, as Hendrycks & Dietterich (2019) define them; each at five severities. */
export const CORRUPTIONS = ['gaussian-noise', 'gaussian-blur', 'contrast', 'jpeg'] as const;
export type CorruptionName = (typeof CORRUPTIONS)[number];

const images = z.int().nonnegative().max(100_000);

/**
 * What a run's report looks into beyond the test itself, and what that may cost. 0 images, or an empty list, switch a
 * part off. Takes no part in what is trained.
 */
export const ReportSpecSchema = z.strictObject({
  /** Seconds for everything but the test itself; parts that are not done by then are left out, and the report says so. */
  maxSeconds: z.number().nonnegative().max(86_400).default(30),
  /** Training images that are looked at once more, not augmented, for the gap between training and test. */
  trainImages: images.default(1000),
  /** Timed forward passes at each batch size, at most; the slower the network, the fewer. */
  latencyRuns: z.int().nonnegative().max(1000).default(30),
  attacks: z
    .strictObject({
      /** Test images that are attacked. */
      images: images.default(200),
      /** Largest change of a pixel's value, which is 0 to 255: 8 means the 8/255 of the papers. */
      epsilons: z.array(z.number().positive().max(255)).max(16).default([2, 8]),
    })
    .prefault({}),
  corruptions: z
    .strictObject({
      /** Test images that are corrupted. */
      images: images.default(200),
      kinds: z.array(z.enum(CORRUPTIONS)).default([...CORRUPTIONS]),
    })
    .prefault({}),
  /** Test images that are shown of those the model is wrong about, the surest mistakes first. */
  mistakes: z.int().nonnegative().max(100).default(12),
});
export type ReportSpec = z.output<typeof ReportSpecSchema>;
