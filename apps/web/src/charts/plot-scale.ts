export interface Plotted {
  mean: number;
  interval: readonly [number, number] | null;
}

export interface PlotScale {
  /** Where a value is on the axis: 2 % to 98 % from the left. */
  place(value: number): number;
  /** Round values within it. */
  ticks: number[];
}

/**
 * An axis that has room for all means and intervals.
 * @param values others that it must have room for
 */
export function plotScale(results: readonly Plotted[], values: readonly number[] = []): PlotScale {
  const all = [...values, ...results.flatMap(({ mean, interval }) => [mean, ...(interval ?? [])])];
  const low = all.reduce((least, value) => Math.min(least, value), Infinity);
  const high = all.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!(high > low)) return { place: () => 50, ticks: Number.isFinite(low) ? [low] : [] };
  return { place: (value) => 2 + (96 * (value - low)) / (high - low), ticks: roundValues(low, high) };
}

/** Multiples of 1, 2 or 5 times a power of ten between two ends, six at most. */
function roundValues(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
