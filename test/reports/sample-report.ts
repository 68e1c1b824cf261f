import { ReportSchema, type Report } from '#contracts';

const CLASSES = ['cat', 'dog', `"quoted" <i>&</i>`];

/** A report with every part, whose texts would be markup if they were not escaped. */
export function sampleReport(): Report {
  const bins = Array.from({ length: 15 }, (_, i) =>
    i < 5
      ? { images: 0, confidence: null, accuracy: null }
      : { images: 10 + i, confidence: (i + 0.5) / 15, accuracy: Math.max(0, (i - (i % 3)) / 15) },
  );
  const calibratedness = { nll: 0.8, brier: 0.4, ece: 0.071, bins };
  const ofSplit = (images: number, top1: number) => ({
    images,
    top1,
    top1Interval: [top1 - 0.05, top1 + 0.05] as [number, number],
    loss: 0.7,
  });
  return ReportSchema.parse({
    pipeline: 'distillation',
    name: 'pets <b>from</b> mobilenet',
    seed: 3,
    classes: CLASSES,
    dataset: {
      contentHash: 'a'.repeat(64),
      train: 900,
      validation: 100,
      test: 200,
      unlabelled: 5000,
      unreadable: [{ file: 'cat/<script>.jpg', reason: 'it is damaged' }],
    },
    model: { name: 'resnet8', parameters: 78_000, bytes: 319_000 },
    engine: { backend: 'tensorflow', version: '2.21.0', threads: 1 },
    validation: { top1: 0.8, loss: 0.6 },
    test: {
      images: 200,
      top1: 0.775,
      top1Interval: [0.712, 0.827],
      loss: 0.8,
      macroF1: 0.77,
      perClass: CLASSES.map((name, i) =>
        i === 2
          ? { name, images: 0, accuracy: null, precision: 0, recall: null, f1: 0 }
          : { name, images: 100, accuracy: 0.7 + i / 10, precision: 0.8, recall: 0.7 + i / 10, f1: 0.75 },
      ),
      confusionMatrix: [
        [70, 20, 10],
        [15, 80, 5],
        [0, 0, 0],
      ],
    },
    testReads: 1,
    calibration: {
      before: calibratedness,
      scaling: {
        temperature: 1.42,
        validationImages: 100,
        beforeFinalFit: false,
        after: { ...calibratedness, ece: 0.02 },
      },
    },
    gap: {
      train: ofSplit(900, 0.94),
      validation: ofSplit(100, 0.8),
      test: ofSplit(200, 0.775),
      trainMinusTest: { difference: 0.165, interval: [0.11, 0.23] },
      verdict: 'over-fitting',
      words: 'It over-fits: top-1 is 94.0 % on training images and 77.5 % on test images.',
    },
    cost: {
      parameters: 78_000,
      multiplyAdds: 12_500_000,
      flops: 25_000_000,
      bytes: 319_000,
      deviceSeconds: 200,
      latency: [
        { batch: 1, runs: 30, p50Ms: 1.2, p95Ms: 2 },
        { batch: 32, runs: 30, p50Ms: 14.1, p95Ms: 20 },
      ],
    },
    attacks: {
      images: 200,
      clean: 0.775,
      found: (['fgsm', 'pgd'] as const).flatMap((attack) =>
        [2, 8].map((epsilon) => ({
          ...{ attack, epsilon, steps: attack === 'pgd' ? 10 : 1 },
          top1: attack === 'pgd' ? 0.4 / epsilon : 0.8 / epsilon,
          top1Interval: [0, 0.5],
        })),
      ),
    },
    corruptions: {
      images: 200,
      clean: 0.775,
      severities: 'CIFAR-10-C',
      found: (['gaussian-noise', 'jpeg'] as const).map((kind, i) => ({
        kind,
        top1: [0.7, 0.6, 0.5, 0.45, 0.4].map((share) => share - i / 20),
        mean: 0.53 - i / 20,
      })),
      mean: 0.505,
    },
    teacher: { name: 'mobilenet_v2 (coco)', testTop1: 0.86 },
    agreement: {
      ...{ images: 200, top1: 0.8, kl: 0.31 },
      ...{ bothRight: 0.74, onlyTeacherRight: 0.12, onlyStudentRight: 0.035, bothWrong: 0.105 },
      perClass: [{ name: 'cat', images: 100, teacher: 0.86, student: 0.7, p: 0.003 }],
      lost: ['cat'],
    },
    mistakes: [
      {
        index: 17,
        hash: 'b'.repeat(64),
        label: 'cat',
        prediction: CLASSES[2],
        confidence: 0.98,
        labelProbability: 0.01,
      },
    ],
    lookAlikes: { train: 900, validation: 100, unlabelled: 0, test: 200, found: 1, pairs: [{ train: 4, test: 17 }] },
    skipped: ['attacks: the 30 seconds of report.maxSeconds were used up'],
    warnings: ['training.batchSize 8 is small for batch normalisation'],
    chosen: { lambda: 0.01 },
    durationMs: 200_000,
    imagesPerSecond: 640,
  });
}

/** Curves, and one grey pixel. */
export function sampleExtras() {
  const curve = (from: number, to: number) =>
    Array.from({ length: 40 }, (_, i) => ({ step: i * 10, value: from + ((to - from) * i) / 39 }));
  return {
    curves: new Map([
      ['train.loss', curve(2.3, 0.4)],
      ['validation.loss', curve(2.2, 0.7)],
      ['train.top1', curve(0.1, 0.94)],
      ['validation.top1', curve(0.1, 0.8)],
    ]),
    thumbnails: [
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
    ],
  };
}
