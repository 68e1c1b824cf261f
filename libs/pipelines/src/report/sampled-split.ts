import { permutation, type Split } from '#datasets';

/** Epochs count from 0: no training draws this order. */
const SAMPLE_EPOCH = 2 ** 31 - 1;

/** Places of `count` images of so many, drawn by a seed, ascending; all of them where there are not more. */
export function sampledIndices(length: number, count: number, seed: number): Int32Array {
  return permutation(length, seed, SAMPLE_EPOCH).slice(0, Math.min(count, length)).sort();
}

/** The images of a split at these places, as a split. */
export function partOf(split: Split, indices: Int32Array): Split {
  return {
    name: split.name,
    length: indices.length,
    imageSize: split.imageSize,
    labels: indices.map((index) => split.labels[index]),
    hashes: Array.from(indices, (index) => split.hashes[index]),
    read: (wanted, out) =>
      split.read(
        Int32Array.from(wanted, (place) => indices[place]),
        out,
      ),
  };
}
