import { nearest, UserError, type TransferLossSpec } from '#contracts';

/**
 * What an error costs, for each class. `balanced` is n / (K · n_c) for the n_c of n training images that are of class c,
 * K the number of classes that have any: scikit-learn's `class_weight='balanced'`, whose mean over the images is 1.
 * @returns `[classes]`; `undefined` where the spec asks for none
 * @throws UserError naming a class that the dataset does not have
 */
export function classWeights(
  { classWeights: asked }: Pick<TransferLossSpec, 'classWeights'>,
  labels: Int32Array,
  classes: readonly string[],
): Float32Array | undefined {
  if (asked === undefined) return undefined;
  if (asked === 'balanced') return balanced(labels, classes.length);
  for (const name of Object.keys(asked)) {
    if (classes.includes(name)) continue;
    const hint = nearest(name, classes);
    throw new UserError(`the dataset has no class "${name}"`, {
      field: `loss.classWeights.${name}`,
      remedy: hint === undefined ? `Its classes are ${classes.join(', ')}.` : `Did you mean "${hint}"?`,
    });
  }
  return Float32Array.from(classes, (name) => (Object.hasOwn(asked, name) ? asked[name] : 1));
}

function balanced(labels: Int32Array, classes: number): Float32Array {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  const present = counts.filter((count) => count > 0).length;
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : labels.length / (present * count)));
}
