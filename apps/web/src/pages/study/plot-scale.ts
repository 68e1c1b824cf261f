interface Plotted {
  mean: number;
  interval: readonly [number, number] | null;
}

/** Where a value is on an axis that has room for all means and intervals: 2 % to 98 % from the left. */
export function plotScale(results: readonly Plotted[]): (value: number) => number {
  const values = results.flatMap(({ mean, interval }) => [mean, ...(interval ?? [])]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (value) => (high > low ? 2 + (96 * (value - low)) / (high - low) : 50);
}
