/** A member of an ensemble: its logits, `[images, classes]` of a softmax, and how much it counts. */
export interface EnsembleMember {
  logits: Float32Array;
  weight: number;
}

/** Above the smallest normal float32, below any share that matters. */
const TINY = 1e-37;

/**
 * The logits of an ensemble of teachers at temperature T: those whose softmax(z / T) is the weighted arithmetic mean of the
 * members' soft labels,
 *
 *     z = T · log(Σ_m w_m · softmax(z_m / T)),   Σ_m w_m = 1
 *
 * Probabilities are averaged, not logits: networks differ in how large their logits are, and of a mean of logits the
 * surest member, not the best, would be most.
 * @returns `[images, classes]`
 */
export function ensembleLogits(members: readonly EnsembleMember[], classes: number, temperature: number): Float32Array {
  if (members.length === 1) return members[0].logits;
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  const mean = new Float64Array(members[0].logits.length);
  for (const { logits, weight } of members) {
    if (logits.length !== mean.length) throw new Error(`an ensemble of ${mean.length} and of ${logits.length} logits`);
    const share = weight / total;
    for (let row = 0; row < logits.length; row += classes) {
      let max = -Infinity;
      for (let c = 0; c < classes; c++) max = Math.max(max, logits[row + c]);
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += Math.exp((logits[row + c] - max) / temperature);
      for (let c = 0; c < classes; c++) {
        mean[row + c] += (share * Math.exp((logits[row + c] - max) / temperature)) / sum;
      }
    }
  }
  return Float32Array.from(mean, (probability) => temperature * Math.log(Math.max(probability, TINY)));
}
