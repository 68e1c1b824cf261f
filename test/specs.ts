/** Specs as a person writes them, small enough for any test; nothing trains on them. */
export const transfer = {
  name: 'transfer-cifar10',
  pipeline: 'transfer',
  dataset: { name: 'cifar10' },
  backbone: { model: 'mobilenet_v2' },
} as const;

export const logistic = {
  name: 'logistic-cifar10',
  pipeline: 'logistic',
  dataset: { name: 'cifar10' },
  teacher: { model: 'mobilenet_v2', weights: 'coco' },
  features: 'penultimate',
} as const;

/** A student of whatever run is named. */
export const distillation = (run: string) =>
  ({
    name: 'distillation-cifar10',
    pipeline: 'distillation',
    dataset: { name: 'cifar10' },
    teacher: { run },
    student: { model: 'resnet20' },
  }) as const;
