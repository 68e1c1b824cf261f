/**
 * Exponential moving average with bias correction (Kingma & Ba, 2015, §3), so that the first points are not drawn
 * towards zero. `weight` from 0 (the curve as it is) to below 1. Gaps (null) stay gaps.
 */
export function smooth<T extends number | null>(values: readonly T[], weight: number): T[] {
  if (weight <= 0) return [...values];
  let average = 0;
  let correction = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    average = weight * average + (1 - weight) * value;
    correction = weight * correction + (1 - weight);
    return (average / correction) as T;
  });
}
