import { join } from 'node:path';

/** 12 runs. */
export const STUDY = { temperatures: [1, 2, 4, 8], seeds: [0, 1, 2] };
/** What a distillation is here, in the words of both sides: PyTorch's script is given the same. Batches as the ladder has them. */
export const STUDENT = { model: 'resnet8', size: 32, batchSize: 128, crop: 4 };
export const TEACHER = { model: 'mobilenet_v2', size: 96, classes: 10 };
const OPTIMIZER = { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 };
const LOSS = { kdWeight: 0.9, ceWeight: 0.1 };
/** Whoever validates has no time for it: a class needs one image. */
const VALIDATION = 10;
/** Only the test itself. */
const REPORT = {
  maxSeconds: 0,
  trainImages: 0,
  latencyRuns: 0,
  attacks: { images: 0 },
  corruptions: { kinds: [] },
  mistakes: 0,
};

/** A tenth of the images has labels, as where distillation pays. */
function dataset({ images, testImages }) {
  const labelled = Math.round(images / 10);
  return {
    name: 'cifar10',
    train: labelled + VALIDATION,
    validation: VALIDATION,
    unlabelled: images - labelled,
    test: testImages,
  };
}

/** One distillation of ours. The teacher is found by its folder. */
export function distillationSpec({
  images,
  testImages,
  epochs,
  precision,
  batch = STUDENT.batchSize,
  temperature = 4,
}) {
  const { model, size, crop } = STUDENT;
  const { learningRate, momentum, weightDecay } = OPTIMIZER;
  return {
    name: 'bench distil',
    pipeline: 'distillation',
    dataset: dataset({ images, testImages }),
    image: { size },
    teacher: { run: 'latest:bench teacher' },
    student: { model },
    loss: { kind: 'kd', temperature, ...LOSS },
    // In the optimizer, as PyTorch has it: so both report a loss without it.
    regularization: { kind: 'l2', lambda: 0 },
    training: {
      epochs,
      batchSize: batch,
      precision,
      optimizer: { kind: 'sgd', learningRate, momentum, nesterov: true, weightDecay },
      schedule: { kind: 'cosine' },
      augmentation: { flip: true, crop },
    },
    report: REPORT,
    resources: { maxMinutes: 24 * 60 },
  };
}

/** The teacher's training: as short as can be, since how good it is takes no time, and no other weights are needed. */
export function teacherSpec() {
  return {
    name: 'bench teacher',
    pipeline: 'transfer',
    dataset: { name: 'cifar10', train: 250, validation: VALIDATION, test: VALIDATION },
    image: { size: TEACHER.size },
    backbone: { model: TEACHER.model, weights: 'none' },
    training: { epochs: 1, batchSize: 32, optimizer: { kind: 'sgd', learningRate: 0.01 } },
    report: REPORT,
  };
}

/** The same for PyTorch's script. `data`: the folder of `prepare.js`. */
export function pytorchTask({ data, epochs, precision, batch, threads, setting }) {
  return {
    data: join(data, 'data.json'),
    ...{ epochs, precision, threads, setting },
    teacher: TEACHER,
    student: { ...STUDENT, batchSize: batch },
    optimizer: OPTIMIZER,
    loss: LOSS,
    temperature: 4,
  };
}

/**
 * The twelve runs of the study, as `playJobs` does them.
 * @param teacher folder of the teacher's run
 */
export function studyJobs({ folder, teacher, outputs, ...size }) {
  return STUDY.temperatures.flatMap((temperature) =>
    STUDY.seeds.map((seed) => {
      const name = `temperature ${temperature}, seed ${seed}`;
      const spec = distillationSpec({ ...size, temperature });
      return { name, spec, seed, teacher, outputs, folder: join(folder, `${temperature}-${seed}`), cost: 1 };
    }),
  );
}
