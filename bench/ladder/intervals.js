/** Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom (any statistics book's table). */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const Z95 = 1.959964;

/** Beyond the table: the first terms of its expansion around the normal quantile (Abramowitz & Stegun, 26.7.5). */
function t95(degrees) {
  if (degrees <= T95.length) return T95[degrees - 1];
  return Z95 + (Z95 ** 3 + Z95) / (4 * degrees) + (5 * Z95 ** 5 + 16 * Z95 ** 3 + 3 * Z95) / (96 * degrees ** 2);
}

/**
 * Mean over the seeds, and the 95 % interval of what the mean over all seeds would be, by Student's t.
 * @returns `{ mean, interval }`; a single value has no interval
 */
export function meanInterval(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const half = t95(values.length - 1) * Math.sqrt(variance / values.length);
  return { mean, interval: [mean - half, mean + half] };
}
