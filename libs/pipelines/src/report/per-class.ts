import type { Evaluation } from '#contracts';

/**
 * Precision, recall and F1 of each class, as scikit-learn's `precision_recall_fscore_support` has them, but null where
 * a division by zero leaves them undefined.
 * @param confusionMatrix `[label][prediction]`, numbers of images
 */
export function perClassOf(
  classNames: readonly string[],
  confusionMatrix: readonly (readonly number[])[],
): Evaluation['perClass'] {
  return classNames.map((name, label) => {
    const right = confusionMatrix[label][label];
    const images = confusionMatrix[label].reduce((sum, count) => sum + count, 0);
    const predicted = confusionMatrix.reduce((sum, row) => sum + row[label], 0);
    const recall = images === 0 ? null : right / images;
    const precision = predicted === 0 ? null : right / predicted;
    // 2PR / (P + R), without the divisions that may be by zero.
    const f1 = images + predicted === 0 ? null : (2 * right) / (images + predicted);
    return { name, images, accuracy: recall, precision, recall, f1 };
  });
}

/** Mean F1 of the classes that have images. */
export function macroF1(perClass: Evaluation['perClass']): number {
  const withImages = perClass.filter(({ images }) => images > 0);
  if (withImages.length === 0) return 0;
  return withImages.reduce((sum, { f1 }) => sum + (f1 ?? 0), 0) / withImages.length;
}
