import type { TransferTrainingSpec } from '#contracts';
import { permutation } from '#datasets';

/** Keeps the orders within a class apart from those of the epochs. */
const CLASS_SALT = 0x5eed;

/**
 * The images of one epoch in their order: a pure function of its arguments, so that a training that goes on sees what
 * an unbroken one does. Either way an epoch has as many images as there are.
 *
 * `shuffled`: each image once. `balanced`: each class as often as every other (the numbers differ by 1 at most), each of
 * its images as often as every other of the class, counted over the whole training. Classes without images take no part.
 * @param labels class index of each image
 * @returns places in the split, `[images]`
 */
export function epochOrder(
  labels: Int32Array,
  sampling: TransferTrainingSpec['sampling'],
  { seed, epoch }: { seed: number; epoch: number },
): Int32Array {
  const shuffled = permutation(labels.length, seed, epoch);
  if (sampling === 'shuffled') return shuffled;
  const classes = imagesByClass(labels);
  /** The order of a class in its n-th round through its images. */
  const rounds = new Map<string, Int32Array>();
  const roundOf = (index: number, round: number): Int32Array => {
    const key = `${index} ${round}`;
    const known = rounds.get(key) ?? permutation(classes[index].length, seed + CLASS_SALT * (index + 1), round);
    rounds.set(key, known);
    return known;
  };
  return shuffled.map((place) => {
    // Draws are numbered through the whole training, and the classes take turns.
    const draw = epoch * labels.length + place;
    const index = draw % classes.length;
    const ofClass = Math.floor(draw / classes.length);
    const size = classes[index].length;
    return classes[index][roundOf(index, Math.floor(ofClass / size))[ofClass % size]];
  });
}

function imagesByClass(labels: Int32Array): Int32Array[] {
  const places = new Map<number, number[]>();
  labels.forEach((label, place) => {
    const known = places.get(label);
    if (known === undefined) places.set(label, [place]);
    else known.push(place);
  });
  return [...places.keys()].sort((a, b) => a - b).map((label) => Int32Array.from(places.get(label)!));
}
