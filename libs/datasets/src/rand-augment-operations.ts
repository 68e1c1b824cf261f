/** RandAugment's operations, in torchvision's order: each as likely as the others. */
export const RAND_AUGMENT_OPERATIONS = [
  'identity',
  'shearX',
  'shearY',
  'translateX',
  'translateY',
  'rotate',
  'brightness',
  'color',
  'contrast',
  'sharpness',
  'posterize',
  'solarize',
  'autoContrast',
  'equalize',
] as const;
export type RandAugmentOperation = (typeof RAND_AUGMENT_OPERATIONS)[number];

/** Largest value of a byte. */
const WHITE = 255;
/** Of the magnitude. */
const STRONGEST = 30;

/**
 * What an operation does to an image, as numbers: every operation is some of the steps of `applyRandAugment`, and leaves
 * the others without effect.
 */
export interface OperationParameters {
  /** Where an output pixel's colour comes from: (x, y) ← (a·x + b·y + c, d·x + e·y + f), pixels from the image's centre. */
  affine: readonly [a: number, b: number, c: number, d: number, e: number, f: number];
  /** f of f·x + (1 − f)·other; `other` is the sum of luma and its mean, times the two: black without them. */
  factor: number;
  luma: number;
  mean: number;
  /** s of x + s·(blurred x − x). */
  blur: number;
  /** Colours are rounded down to a multiple of it. */
  posterize: number;
  /** Colours from it on are inverted. */
  solarize: number;
  autoContrast: number;
  equalize: number;
}

const NOTHING: OperationParameters = {
  affine: [1, 0, 0, 0, 1, 0],
  ...{ factor: 1, luma: 0, mean: 0, blur: 0 },
  ...{ posterize: 1, solarize: WHITE + 1, autoContrast: 0, equalize: 0 },
};

/**
 * An operation's parameters, with the ranges of torchvision's `RandAugment`: shear up to 0.3, translation up to 150/331
 * of the side, rotation up to 30°, colour factors of 1 ± 0.9, down to 4 bits, threshold down to 0.
 * @param magnitude M, 0 to 30
 * @param sign 1 or −1; which way those operations go that have two
 */
export function operationParameters(
  operation: RandAugmentOperation,
  magnitude: number,
  sign: 1 | -1,
  { height, width }: { height: number; width: number },
): OperationParameters {
  const strength = magnitude / STRONGEST;
  const signed = sign * strength;
  const factor = 1 + 0.9 * signed;
  switch (operation) {
    case 'identity':
      return NOTHING;
    // Sheared about the corner, as torchvision does, not about the centre.
    case 'shearX':
      return { ...NOTHING, affine: [1, 0.3 * signed, (0.3 * signed * height) / 2, 0, 1, 0] };
    case 'shearY':
      return { ...NOTHING, affine: [1, 0, 0, 0.3 * signed, 1, (0.3 * signed * width) / 2] };
    case 'translateX':
      return { ...NOTHING, affine: [1, 0, -Math.trunc((150 / 331) * width * signed), 0, 1, 0] };
    case 'translateY':
      return { ...NOTHING, affine: [1, 0, 0, 0, 1, -Math.trunc((150 / 331) * height * signed)] };
    case 'rotate': {
      const angle = (30 * signed * Math.PI) / 180;
      return { ...NOTHING, affine: [Math.cos(angle), -Math.sin(angle), 0, Math.sin(angle), Math.cos(angle), 0] };
    }
    case 'brightness':
      return { ...NOTHING, factor };
    case 'color':
      return { ...NOTHING, factor, luma: 1 };
    case 'contrast':
      return { ...NOTHING, factor, mean: 1 };
    case 'sharpness':
      return { ...NOTHING, blur: 1 - factor };
    case 'posterize':
      return { ...NOTHING, posterize: 2 ** Math.round(strength * 4) };
    case 'solarize':
      return { ...NOTHING, solarize: WHITE * (1 - strength) };
    case 'autoContrast':
      return { ...NOTHING, autoContrast: 1 };
    case 'equalize':
      return { ...NOTHING, equalize: 1 };
  }
}
