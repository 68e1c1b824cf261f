import type { KNOWN_DATASETS, Spec } from './spec.js';

/** The classes of each dataset that a spec can name, in the order of its labels. */
export const KNOWN_CLASSES: Readonly<Record<(typeof KNOWN_DATASETS)[number], readonly string[]>> = {
  cifar10: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  'fashion-mnist': [
    ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
    ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  ],
  mnist: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
};

/** The classes that a spec's dataset has, as far as the spec alone tells. */
export function knownClasses(dataset: Spec['dataset']): readonly string[] | undefined {
  return 'name' in dataset ? KNOWN_CLASSES[dataset.name] : undefined;
}

/** In which way a teacher's classes are not the dataset's, in words; `undefined` where they are the same. */
export function classDifference(teacher: readonly string[], dataset: readonly string[]): string | undefined {
  if (teacher.length !== dataset.length) {
    return `the teacher knows ${teacher.length} classes, the dataset has ${dataset.length}`;
  }
  const at = dataset.findIndex((name, index) => teacher[index] !== name);
  if (at < 0) return undefined;
  return `class ${at + 1} is "${teacher[at]}" for the teacher and "${dataset[at]}" in the dataset`;
}
