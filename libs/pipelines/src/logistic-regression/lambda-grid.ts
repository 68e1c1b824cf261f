import { UserError, type LogisticSpec } from '#contracts';

/** The values of C of DINOv2's linear evaluation: 10^linspace(−6, 5), 45 of them. */
export const DINOV2_C: readonly number[] = Array.from({ length: 45 }, (_, index) => 10 ** (-6 + (11 * index) / 44));

/** DINOv2's grid goes on to no regularisation at all: after so many weaker λ without a better validation loss it ends. */
const DINOV2_PATIENCE = 6;

/** The strengths of regularisation that are tried. */
export interface LambdaGrid {
  /**
   * From the strongest to the weakest, so that each fit can begin at the solution of the one before.
   * @param images that are fitted to
   */
  lambdas(images: number): number[];
  /** As `lambdas`, the one at this place for the final fit, on this many images. */
  lambdaAt(place: number, images: number): number;
  /** C = 1 / (λ · n) at this place, where the grid is one of C. */
  cAt(place: number): number | undefined;
  /**
   * Whether weaker λ are passed over, given how many were tried and which of them was best.
   * @param best place in the grid
   */
  isOver(tried: number, best: number): boolean;
  readonly length: number;
}

/**
 * `dinov2` (Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", 2023): C weighs the sum of the
 * losses against ½ · Σ W², so λ = 1 / (C · n), and the final fit, on more images, keeps C. Any other λ weighs against the
 * mean of the losses, and is kept as it is.
 * @throws UserError where DINOv2's grid is asked for and there are no validation images to choose by
 */
export function lambdaGrid(
  { lambda }: Pick<LogisticSpec['regularization'], 'lambda'>,
  validationImages: number,
): LambdaGrid {
  if (lambda !== 'dinov2') {
    const sorted = [lambda].flat().sort((a, b) => b - a);
    return {
      lambdas: () => sorted,
      lambdaAt: (place) => sorted[place],
      cAt: () => undefined,
      isOver: () => false,
      length: sorted.length,
    };
  }
  if (validationImages === 0) {
    throw new UserError('there are no validation images to choose one of 45 λ by', {
      field: 'regularization.lambda',
      remedy: 'Hold some out (dataset.validation), or give one λ.',
    });
  }
  return {
    lambdas: (images) => DINOV2_C.map((c) => 1 / (c * images)),
    lambdaAt: (place, images) => 1 / (DINOV2_C[place] * images),
    cAt: (place) => DINOV2_C[place],
    isOver: (tried, best) => tried - 1 - best >= DINOV2_PATIENCE,
    length: DINOV2_C.length,
  };
}
