/** One cell of the matrix: the class that an image has, and the one that it was taken for. */
export interface Cell {
  label: number;
  prediction: number;
}

export interface Confusion extends Cell {
  images: number;
  /** Of the label's images, 0 to 1. */
  share: number;
}

/** The most frequent errors of `matrix[label][prediction]`, by their share of the label's images. */
export function mostConfused(matrix: readonly (readonly number[])[], limit: number): Confusion[] {
  return matrix
    .flatMap((row, label) => {
      const total = row.reduce((sum, images) => sum + images, 0);
      return row.map((images, prediction) => ({ label, prediction, images, share: total === 0 ? 0 : images / total }));
    })
    .filter(({ label, prediction, images }) => label !== prediction && images > 0)
    .sort((a, b) => b.share - a.share || b.images - a.images)
    .slice(0, limit);
}

/** The largest share of a class's images that was taken for one other class, 0 to 1. */
export function largestConfusion(matrix: readonly (readonly number[])[]): number {
  return mostConfused(matrix, 1)[0]?.share ?? 0;
}

/** How strongly a cell is filled, 0 to 1: the square root of its share, so that rare errors stay visible. */
export function intensity(images: number, total: number): number {
  return total === 0 ? 0 : Math.sqrt(images / total);
}
