import type { DistillationSpec } from '#contracts';
import { normalise, type Dataset, type Split } from '#datasets';
import type { Tensor } from '#engine';
import { createModel, type ForwardMode, type Model } from '#models';
import { classifierOf, partsOf } from './build-classifier.js';
import type { Classifier } from './classifier.js';
import { affordableBatchSize, imageBatches, imageInputs, stepsPerEpoch } from './image-batches.js';
import { dropout, headLogits, type Drop } from './dropout.js';
import { joinSplits } from './join-splits.js';
import { crossEntropy } from './losses/cross-entropy.js';
import { kd } from './losses/kd.js';
import { mixedSoftLabels } from './losses/mixed-soft-labels.js';
import { writeModelFolder } from './model-folder.js';
import type { Pipeline, PipelineRun } from './pipeline.js';
import { ProgressMeter, type Phase } from './progress-meter.js';
import { regularization } from './regularization/regularization.js';
import { reportOf, testClassifier } from './report.js';
import { datasetFor, openRunDataset } from './run-dataset.js';
import { checkpointOf, elapsedSince, runIdentity } from './run-identity.js';
import { teacherLogits, teacherScore } from './teacher-logits.js';
import { checkSameClasses, openTeacher } from './teacher.js';
import { trainNetwork, type TrainingResult, type TrainingSurroundings } from './train-network.js';
import { trainingView } from './training-view.js';
import { validationAfterEpochs } from './validation.js';

/** A training step costs this many forward passes of its images. */
const STEP_COST = 3;
/** A teacher is larger than its student; how much is not known before both have run. */
const TEACHER_COST = 5;

/**
 * Knowledge distillation (Hinton, Vinyals & Dean, 2015): a student learns, from its random initial weights, the soft
 * labels of a teacher, by
 *
 *     L = L_soft + λ · L_reg
 *     L_soft = kdWeight · T² · 1/B · Σᵢ KL(softmax(teacherᵢ / T) ‖ softmax(studentᵢ / T))
 *            + ceWeight · 1/B · Σᵢ labelledᵢ · (−log softmax(studentᵢ)[labelᵢ])
 *
 * Images without labels take part with their soft labels alone. The teacher looks at each image once, prepared its own
 * way and at its own size, not augmented; the student sees it augmented anew in each epoch. Where images are mixed (mixup,
 * CutMix), so are the teacher's soft labels of them.
 */
export const distillation: Pipeline<DistillationSpec> = async (run) => {
  const { engine, spec, seed, context } = run;
  const began = performance.now();
  const dataset = await openRunDataset(spec.dataset, spec.image, run);
  const opened = [dataset];
  const owned: { dispose(): void }[] = [];
  try {
    const teacher = await openTeacher(engine, spec.teacher, { ...run, image: spec.image });
    owned.push(teacher);
    checkSameClasses(teacher, dataset.classes);
    const teacherView = await datasetFor(teacher, dataset, spec.dataset, spec.image, run);
    if (teacherView !== dataset) opened.push(teacherView);

    const identity = runIdentity(engine, spec, seed, dataset, teacher);
    const checkpoint = await checkpointOf(context, identity);
    const elapsedMs = elapsedSince(checkpoint, began);
    const images = joinSplits(dataset.train, dataset.unlabelled);
    const batchSize = affordableBatchSize(spec.training.batchSize, images.length, context);
    const meter = new ProgressMeter(phases(spec, dataset, batchSize), (progress) => context.progress(progress));

    meter.begin('teacher');
    const seenByTeacher = joinSplits(teacherView.train, teacherView.unlabelled);
    const softLogits = await teacherLogits(engine, teacher, seenByTeacher, images, context, (done) =>
      meter.advance(done),
    );

    const student = createModel(engine, spec.student.model, { classes: dataset.classes.length, seed });
    owned.push(student);
    const surroundings = { engine, context, meter, identity, checkpoint, elapsedMs };
    const result = await learn(run, student, images, softLogits, dataset, batchSize, surroundings);

    const { classes } = dataset;
    const parts = { ...partsOf(student), classNames: classes, image: spec.image, outputs: 'softmax' as const };
    const classifier: Classifier = classifierOf(student, parts);
    const modelBytes = await writeModelFolder(context, classifier);
    meter.begin('test');
    const options = { signal: context.signal, onProgress: (done: number) => meter.advance(done) };
    const sameImages = teacherView === dataset;
    const { test, ...found } = await testClassifier(
      engine,
      classifier,
      dataset.test,
      options,
      sameImages ? teacher : undefined,
    );
    meter.begin("teacher's test");
    const teacherTop1 = sameImages
      ? found.teacherTop1
      : (await teacherScore(engine, teacher, teacherView.test, context, options.onProgress)).top1;
    const durationMs = elapsedMs();
    return reportOf({
      ...{ spec, seed, engine, dataset, classifier, modelBytes, test, durationMs, ...result },
      teacher: { name: teacher.name, testTop1: teacherTop1 },
    });
  } finally {
    for (const network of owned) network.dispose();
    for (const view of opened) await view.close();
  }
};

/** The student's training: soft labels on every image, hard ones where there are any. */
function learn(
  { engine, spec, seed, context }: PipelineRun<DistillationSpec>,
  student: Model,
  images: Split,
  softLogits: Float32Array,
  dataset: Dataset,
  batchSize: number,
  surroundings: TrainingSurroundings,
): Promise<TrainingResult> {
  const { tf } = engine;
  const { training, image } = spec;
  const { temperature, kdWeight, ceWeight } = spec.loss;
  const classes = dataset.classes.length;

  const logitsOf = (images: Tensor, mode: ForwardMode, drop?: Drop) => {
    const { logits, features } = student.forward(normalise(engine, images, image), mode);
    return drop === undefined ? logits : headLogits(student, drop(features));
  };
  const softLogitsOf = (indices: Int32Array) => {
    const rows = new Float32Array(indices.length * classes);
    indices.forEach((index, row) =>
      rows.set(softLogits.subarray(index * classes, (index + 1) * classes), row * classes),
    );
    return { teacher: tf.tensor2d(rows, [indices.length, classes]) };
  };
  return trainNetwork(
    {
      training,
      batchSize,
      stepsPerEpoch: stepsPerEpoch(images.length, batchSize),
      parameters: student.parameters,
      statistics: student.statistics,
      inputs: { ...imageInputs(images, batchSize), teacher: { shape: [batchSize, classes] } },
      objective: ({ teacher, ...inputs }) => {
        const view = trainingView(engine, inputs, training.augmentation, { classes, seed });
        const drop = dropout(engine, training.dropout, { seed, step: inputs.step });
        const logits = logitsOf(view.images, 'train', drop);
        const { mixing } = view;
        const softLogits = mixing === undefined ? teacher : mixedSoftLabels(engine, teacher, temperature, mixing);
        const soft = kd(engine, logits, softLogits, temperature);
        const hard = crossEntropy(engine, logits, view.targets, view.labelled);
        return { loss: tf.add(tf.mul(soft, kdWeight), tf.mul(hard, ceWeight)), logits, answers: view.answers };
      },
      regularization: regularization(engine, spec.regularization, student),
      batches: (epoch, firstBatch) =>
        imageBatches(engine, images, { batchSize, seed, epoch, firstBatch, signal: context.signal }, softLogitsOf),
      ...validationAfterEpochs(engine, (images) => logitsOf(images, 'inference'), dataset, context.signal),
    },
    surroundings,
  );
}

function phases({ training }: DistillationSpec, { train, unlabelled, test }: Dataset, batchSize: number): Phase[] {
  const images = train.length + unlabelled.length;
  const steps = stepsPerEpoch(images, batchSize) * training.epochs;
  return [
    { name: 'teacher', total: images, cost: TEACHER_COST, images: 1 },
    { name: 'train', total: steps, cost: STEP_COST * batchSize, images: batchSize },
    { name: 'test', total: test.length, cost: 1, images: 1 },
    { name: "teacher's test", total: test.length, cost: TEACHER_COST, images: 1 },
  ];
}
