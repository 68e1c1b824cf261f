/**
 * The nearest multiple of eight that is not less than nine tenths of the width, and at least eight: as MobileNet's authors
 * round numbers of channels, and torchvision's `_make_divisible(width, 8)`.
 */
export function divisibleByEight(width: number): number {
  const rounded = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return rounded < 0.9 * width ? rounded + 8 : rounded;
}
