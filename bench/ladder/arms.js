// The ladder's arms: every hyperparameter, and how it was found. Figures belong to the bench's output, not here.
//
// `tried`: how many settings were compared before this one was taken, by whoever, and where; `npm run bench:ladder --
// --tune` compares the `candidates` on validation images alone. Whoever changes a value here on the strength of that says
// so in `tried`, with the number.

/** 500 of the labelled images are for validation; the labels of the unlabelled ones take no part; tested on all 10,000. */
export const DATASET = { name: 'cifar10', train: 5000, validation: 500, unlabelled: 45_000 };
/** What trials see of it: more images to validate on, since differences between settings are small. No test image. */
const TUNE_DATASET = { ...DATASET, validation: 1500 };
/** Proves that every arm works, and nothing else. */
export const QUICK_DATASET = { name: 'cifar10', train: 200, validation: 40, unlabelled: 300, test: 200 };

/** Neither attacks nor corruptions: what is compared here is the test. */
const REPORT = {
  maxSeconds: 60,
  trainImages: 1000,
  latencyRuns: 0,
  attacks: { images: 0 },
  corruptions: { kinds: [] },
};
/** A limit is for runs that hang; the runs of a ladder may be slow. */
const RESOURCES = { maxMinutes: 24 * 60 };
const SGD = { kind: 'sgd', momentum: 0.9, nesterov: true };
/** What the small networks have in common, with a teacher or without. */
const SMALL = {
  image: { size: 32 },
  regularization: { kind: 'l2', lambda: 5e-4 },
  training: {
    batchSize: 128,
    optimizer: { ...SGD, learningRate: 0.4 },
    schedule: { kind: 'cosine', warmupEpochs: 0.5 },
    augmentation: { flip: true, crop: 4 },
  },
};
/** A small network's trials are this much shorter than its run: what is compared is settings, and there are many. */
const SMALL_TUNE_EPOCHS = 5;

const student = (model, epochs) => ({
  ...SMALL,
  pipeline: 'distillation',
  student: { model },
  loss: { kind: 'kd', temperature: 2, kdWeight: 1, ceWeight: 0.1 },
  training: { ...SMALL.training, epochs },
});

/** In the order in which they are begun: who learns from a teacher comes after it, and the longest runs come early. */
export const ARMS = {
  logistic: {
    title: 'logistic on MobileNetV2@96 features',
    // The problem is convex and the split is the same for all seeds: nothing of it is random.
    deterministic: true,
    tried: 'λ: 7 values, compared on validation in the run itself; nothing else tuned',
    candidates: [],
    spec: {
      pipeline: 'logistic',
      image: { size: 96 },
      teacher: { model: 'mobilenet_v2', weights: 'coco' },
      features: 'penultimate',
      loss: { kind: 'multinomial' },
      regularization: { kind: 'l2', lambda: [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001] },
    },
  },
  transfer: {
    title: 'transfer: MobileNetV2@96 fine-tuned',
    tried:
      '21 settings on 1,500 validation images (3,500 to train on): learning rate 0.0025 to 0.02, AdamW, warm-up, λ, ' +
      'crop, average, mixup, label smoothing, frozen batch normalisation, gradual unfreezing, stage decay 0.8, batches ' +
      'of 32, epochs; 20 epochs with mixup, and with RandAugment',
    candidates: [
      { 'training.augmentation.crop': 4 },
      { 'training.augmentation.crop': 2 },
      { 'training.averageDecay': 0.99 },
      { 'training.augmentation.mixup': 0.2 },
      { 'loss.labelSmoothing': 0.1 },
      { 'training.epochs': 5 },
      { 'training.optimizer.learningRate': 0.02 },
    ],
    spec: {
      pipeline: 'transfer',
      image: { size: 96 },
      backbone: { model: 'mobilenet_v2', weights: 'coco' },
      regularization: { kind: 'l2', lambda: 1e-4 },
      training: {
        epochs: 8,
        batchSize: 64,
        optimizer: { ...SGD, learningRate: 0.01 },
        schedule: { kind: 'cosine', warmupEpochs: 0.7 },
        augmentation: { flip: true, crop: 0 },
      },
    },
  },
  resnet20: {
    title: 'resnet20 (272k) distilled from the transfer teacher',
    teacher: 'transfer',
    tried: "the values of resnet8's, fewer epochs; not tuned itself",
    candidates: [],
    spec: student('resnet20', 10),
  },
  scratch: {
    title: "resnet8 (78k) from scratch, the student's number of steps",
    stepsOf: 'resnet8',
    tried:
      "6 settings, a quarter of the run's steps each, on 1,500 validation images (3,500 labels to train on): learning " +
      'rate 0.1 and 0.4, λ, mixup without and with that λ, CutMix',
    candidates: [{ 'regularization.lambda': 2e-3 }, { 'training.augmentation.mixup': 0.5 }],
    spec: {
      ...SMALL,
      pipeline: 'transfer',
      backbone: { model: 'resnet8', weights: 'none' },
      regularization: { kind: 'l2', lambda: 1e-3 },
      training: { ...SMALL.training, augmentation: { ...SMALL.training.augmentation, mixup: 0.2 } },
    },
  },
  resnet8: {
    title: 'resnet8 (78k) distilled from the transfer teacher',
    teacher: 'transfer',
    tried:
      '10 settings, 5 epochs each, on 1,500 validation images (3,500 labels to train on): learning rate 0.1 to 0.8, λ, ' +
      'temperature, DIST twice, average, views',
    tuneEpochs: SMALL_TUNE_EPOCHS,
    candidates: [
      { 'training.optimizer.learningRate': 0.8 },
      { 'regularization.lambda': 1e-3 },
      { loss: { kind: 'dist', temperature: 2 } },
      { views: 2 },
    ],
    spec: student('resnet8', 20),
  },
};

/** What the arms are held against: percent, percentage points (`overScratch` by the whole paired interval), seconds. */
export const GOALS = {
  logistic: { top1: 78.5, seconds: 90 },
  transfer: { top1: 87, seconds: 300 },
  resnet8: { top1: 83, overScratch: 8 },
  resnet20: { top1: 85, belowTeacher: 2 },
};

/**
 * The whole spec of an arm.
 * @param changes values by the dotted paths of the spec's fields
 * @param quick few images, one epoch
 * @param tune for a trial: more images for validation, as many epochs as trials of the arm have
 */
export function specOf(name, { changes = {}, quick = false, tune = false } = {}) {
  const { stepsOf, tuneEpochs, spec } = ARMS[name];
  const dataset = quick ? QUICK_DATASET : tune ? TUNE_DATASET : DATASET;
  const whole = structuredClone({ name: `ladder ${name}`, dataset, report: REPORT, resources: RESOURCES, ...spec });
  if (tune && tuneEpochs !== undefined) whole.training.epochs = tuneEpochs;
  for (const [field, value] of Object.entries(changes)) setField(whole, field, value);
  if (stepsOf !== undefined) {
    // As many steps as the student takes, over fewer images: more epochs.
    const steps = stepCount(specOf(stepsOf, { quick, tune }));
    whole.training.epochs = Math.max(
      1,
      Math.round(steps / stepCount({ ...whole, training: { ...whole.training, epochs: 1 } })),
    );
  } else if (quick && whole.training) whole.training.epochs = 1;
  return whole;
}

/** Steps of a whole training. */
export function stepCount({ pipeline, dataset, training: { epochs, batchSize } }) {
  const labelled = dataset.train - dataset.validation;
  const images = pipeline === 'distillation' ? labelled + dataset.unlabelled : labelled;
  return epochs * Math.floor(images / Math.min(batchSize, images));
}

function setField(object, path, value) {
  const keys = path.split('.');
  const last = keys.pop();
  const parent = keys.reduce((inner, key) => (inner[key] ??= {}), object);
  parent[last] = value;
}
