/** The two-sided 95 % quantile of the normal distribution. */
const Z = 1.959963984540054;

export type Interval = [lower: number, upper: number];

/**
 * Wilson's score interval (95 %) of a share: of all test images that might have been drawn, the share that would be
 * right (Wilson, 1927; method 3 of Newcombe, "Two-sided confidence intervals for the single proportion", 1998). Unlike
 * the usual ± 1.96·√(p(1 − p)/n) it stays within 0 and 1 and says something where all are right.
 * @param right how many of `images`
 */
export function wilson(right: number, images: number): Interval {
  if (images === 0) return [0, 1];
  const share = right / images;
  const denominator = 1 + Z ** 2 / images;
  const centre = (share + Z ** 2 / (2 * images)) / denominator;
  const half = (Z * Math.sqrt((share * (1 - share)) / images + Z ** 2 / (4 * images ** 2))) / denominator;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * 95 % interval of the difference of two shares of different images, from their Wilson intervals (method 10 of Newcombe,
 * "Interval estimation for the difference between independent proportions", 1998).
 */
export function differenceOfShares(
  first: { right: number; images: number },
  second: { right: number; images: number },
): { difference: number; interval: Interval } {
  const share = ({ right, images }: { right: number; images: number }) => (images === 0 ? 0 : right / images);
  const [p, q] = [share(first), share(second)];
  const [pLower, pUpper] = wilson(first.right, first.images);
  const [qLower, qUpper] = wilson(second.right, second.images);
  const difference = p - q;
  const below = Math.hypot(p - pLower, qUpper - q);
  const above = Math.hypot(pUpper - p, q - qLower);
  return { difference, interval: [difference - below, difference + above] };
}
