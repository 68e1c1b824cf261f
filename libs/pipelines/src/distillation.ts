import { UserError, type DistillationSpec } from '#contracts';
import { normalise, type Dataset, type Split } from '#datasets';
import type { Tensor } from '#engine';
import { createModel, type ForwardMode, type Model } from '#models';
import { classifierOf, partsOf } from './classifier/build-classifier.js';
import type { Classifier } from './classifier/classifier.js';
import { writeModelFolder } from './classifier/model-folder.js';
import { preparationOf } from './classifier/preparation.js';
import { distillationLoss } from './losses/distillation-loss.js';
import { mixedHints } from './losses/mixed-hints.js';
import { mixedSoftLabels } from './losses/mixed-soft-labels.js';
import type { Pipeline, PipelineRun } from './pipeline.js';
import { ProgressMeter, type Phase } from './progress-meter.js';
import { regularization } from './regularization/regularization.js';
import { reportOn, reportPhase } from './report/report-on.js';
import type { RunContext } from './run-context.js';
import { datasetFor, openRunDataset, type RunDataset } from './run-dataset.js';
import { checkpointOf, elapsedSince, runIdentity } from './run-identity.js';
import { checkViews, consistentViews, type ConsistentViews } from './teacher/consistent-views.js';
import { hintLayers, type HintLayers } from './teacher/hint-layers.js';
import { hintProjector } from './teacher/hint-projector.js';
import { sayWhatIsSeenOtherwise } from './teacher/seen-otherwise.js';
import { looksPerImage, softTargets, type SoftTargets } from './teacher/soft-targets.js';
import { teacherTestLogits } from './teacher/teacher-logits.js';
import { openTeachers, teachersFingerprint, teachersName, type Teacher } from './teacher/teachers.js';
import { checkHasValidation } from './training/best-epoch.js';
import { dropout, headLogits, type Drop } from './training/dropout.js';
import { affordableBatchSize, imageBatches, imageInputs, stepsPerEpoch } from './training/image-batches.js';
import { joinSplits } from './training/join-splits.js';
import { trainNetwork, type TrainingResult, type TrainingSurroundings } from './training/train-network.js';
import { trainingView } from './training/training-view.js';
import { validationAfterEpochs } from './training/validation.js';

/** A training step costs this many forward passes of its images. */
const STEP_COST = 3;
/** A teacher is larger than its student; how much is not known before both have run. */
const TEACHER_COST = 5;

/**
 * Knowledge distillation: a student learns, from its random initial weights, the soft labels of a teacher, by
 *
 *     L = L_soft + ceWeight · L_ce + λ · L_reg
 *     L_ce = 1/B · Σᵢ labelledᵢ · (−log softmax(studentᵢ)[labelᵢ])
 *
 * L_soft is the spec's loss, by default that of Hinton, Vinyals & Dean (2015): kdWeight · T² · 1/B · Σᵢ KL(softmax(teacherᵢ
 * / T) ‖ softmax(studentᵢ / T)). Images without labels take part with their soft labels alone. The teacher looks at each
 * image once, prepared its own way and at its own size, not augmented; the student sees it augmented anew in each epoch.
 * With `views`, both see the same cuts of it. Where images are mixed (mixup, CutMix), so are the teacher's soft labels of
 * them. Of several teachers, the soft labels are averaged.
 */
export const distillation: Pipeline<DistillationSpec> = async (run) => {
  const { engine, spec, seed, context } = run;
  const began = performance.now();
  const image = preparationOf(spec.image);
  const dataset = await openRunDataset(spec.dataset, image, run);
  const opened: RunDataset[] = [dataset];
  const owned: { dispose(): void }[] = [];
  try {
    const { classes } = dataset;
    const teachers = await openTeachers(engine, spec.teacher, classes, { ...run, image });
    const networks = teachers.map(({ classifier }) => classifier);
    owned.push(...networks);
    checkLoss(spec, teachers, context);
    if (spec.views > 0) checkViews(spec.training.augmentation, image, networks);
    sayWhatIsSeenOtherwise(networks, image, context);
    const images = joinSplits(dataset.train, dataset.unlabelled);
    const student = createModel(engine, spec.student.model, { classes: classes.length, seed });
    owned.push(student);
    const layers = hintLayers(engine, spec, teachers[0].classifier, student, images.length);
    const teacherViews: RunDataset[] = [];
    for (const { classifier } of teachers) {
      const view = await datasetFor(classifier, dataset, spec.dataset, image, run);
      teacherViews.push(view);
      if (view !== dataset) opened.push(view);
    }

    checkHasValidation(spec.training, dataset.validation.length);
    const identity = runIdentity(engine, spec, seed, dataset, { fingerprint: teachersFingerprint(teachers) });
    const checkpoint = await checkpointOf(context, identity);
    const elapsedMs = elapsedSince(checkpoint, began);
    const batchSize = affordableBatchSize(spec.training.batchSize, images.length, context);
    const planned = phases(spec, dataset, batchSize, teachers.length);
    const meter = new ProgressMeter(planned, (progress) => context.progress(progress));

    meter.begin('teacher');
    const seeing = teachers.map((teacher, index) => {
      const { train, unlabelled } = teacherViews[index];
      return { ...teacher, images: joinSplits(train, unlabelled) };
    });
    const { augmentation } = spec.training;
    const views = spec.views === 0 ? undefined : consistentViews(engine, images, spec.views, augmentation);
    const asked = { loss: spec.loss, classes: classes.length, context, layers, views };
    const targets = await softTargets(engine, seeing, images, asked, (done) => meter.advance(done));
    const surroundings = { engine, context, meter, identity, checkpoint, elapsedMs };
    const result = await learn(run, student, images, { targets, layers, views }, dataset, batchSize, surroundings);

    const meaning = { classNames: classes, image, outputs: 'softmax' as const };
    const parts = { ...partsOf(student), ...meaning, trainedOn: dataset.contentHash };
    const classifier: Classifier = classifierOf(student, parts);
    const modelBytes = await writeModelFolder(context, classifier);
    const name = teachersName(teachers);
    const sameImages = teachers.length === 1 && teacherViews[0] === dataset;
    const onTest = (): Promise<Float32Array> => {
      meter.begin("teacher's test");
      const ofTest = teachers.map((teacher, index) => {
        const { test } = teacherViews[index];
        return { ...teacher, images: test.readBy(teacher.field) };
      });
      return teacherTestLogits(engine, ofTest, context, (done) => meter.advance(done));
    };
    const tests = opened.slice(1).map(({ test }) => test);
    return await reportOn(run, {
      ...{ dataset, classifier, modelBytes, meter, elapsedMs, ...result },
      teacher: sameImages ? { name, classifier: teachers[0].classifier } : { name, logits: onTest, tests },
    });
  } finally {
    for (const network of owned) network.dispose();
    for (const view of opened) await view.close();
  }
};

/**
 * What of a loss depends on the rest of the spec.
 * @throws UserError naming the field
 */
function checkLoss({ loss, training }: DistillationSpec, teachers: readonly Teacher[], context: RunContext): void {
  if (loss.kind === 'hint' && teachers.length > 1) {
    throw new UserError(`the loss "hint" follows the layer of one teacher, and there are ${teachers.length}`, {
      field: 'loss.kind',
      remedy: 'Name one teacher, or use a loss of logits: kd, dkd, dist or logit-std.',
    });
  }
  if (loss.kind === 'dkd' && loss.warmupEpochs > training.epochs) {
    context.log(
      'warn',
      `loss.warmupEpochs ${loss.warmupEpochs} is more than the ${training.epochs} epochs: the teacher never has its full weight`,
    );
  }
}

/** The student's training: soft labels on every image, hard ones where there are any. */
async function learn(
  { engine, spec, seed, context }: PipelineRun<DistillationSpec>,
  student: Model,
  images: Split,
  { targets, layers, views }: { targets: SoftTargets; layers?: HintLayers; views?: ConsistentViews },
  dataset: Dataset,
  batchSize: number,
  surroundings: TrainingSurroundings,
): Promise<TrainingResult> {
  const { training, loss } = spec;
  const image = preparationOf(spec.image);
  const classes = dataset.classes.length;
  const epochSteps = stepsPerEpoch(images.length, batchSize);
  // What the views have done is not done again.
  const augmentation = views === undefined ? training.augmentation : { ...training.augmentation, crop: 0, flip: false };
  const projector = layers && hintProjector(engine, { inputs: layers.inputs, outputs: layers.shape.at(-1)!, seed });

  const look = (images: Tensor, mode: ForwardMode, drop?: Drop): { logits: Tensor; layer?: Tensor } => {
    const prepared = normalise(engine, images, image);
    const seen = layers === undefined ? student.forward(prepared, mode) : layers.look(prepared, mode);
    return { ...seen, ...(drop === undefined ? {} : { logits: headLogits(student, drop(seen.features)) }) };
  };
  try {
    return await trainNetwork(
      {
        training,
        batchSize,
        stepsPerEpoch: epochSteps,
        parameters: { ...student.parameters, ...projector?.parameters },
        statistics: student.statistics,
        inputs: { ...imageInputs(images, batchSize), ...targets.inputs(batchSize) },
        objective: ({ teacher, hint, ...inputs }) => {
          const { step } = inputs;
          const images = views === undefined ? inputs.images : views.apply(inputs.images, inputs);
          const { mixing, ...view } = trainingView(engine, { ...inputs, images }, augmentation, { classes, seed });
          const drop = dropout(engine, training.dropout, { seed, step });
          const { logits, layer } = look(view.images, 'train', drop);
          const batch = {
            ...{ logits, targets: view, step, stepsPerEpoch: epochSteps },
            teacher: mixing === undefined ? teacher : mixedSoftLabels(engine, teacher, loss.temperature, mixing),
            hint: projector && {
              teacher: mixing === undefined ? hint : mixedHints(engine, hint, mixing),
              projection: projector.project(layer!),
            },
          };
          return { ...distillationLoss(engine, loss, batch), logits, answers: view.answers };
        },
        regularization: regularization(engine, spec.regularization, student),
        batches: (epoch, firstBatch) =>
          imageBatches(engine, images, { batchSize, seed, epoch, firstBatch, signal: context.signal }, (places) =>
            targets.rows(places, epoch),
          ),
        ...validationAfterEpochs(engine, (images) => look(images, 'inference').logits, dataset, context.signal),
      },
      surroundings,
    );
  } finally {
    projector?.dispose();
  }
}

function phases(spec: DistillationSpec, dataset: Dataset, batchSize: number, teachers: number): Phase[] {
  const { training } = spec;
  const { train, unlabelled, test } = dataset;
  const images = train.length + unlabelled.length;
  const steps = stepsPerEpoch(images, batchSize) * training.epochs;
  return [
    { name: 'teacher', total: images * looksPerImage(spec, teachers), cost: TEACHER_COST, images: 1 },
    { name: 'train', total: steps, cost: STEP_COST * batchSize, images: batchSize },
    { name: 'test', total: test.length, cost: 1, images: 1 },
    { name: "teacher's test", total: test.length * teachers, cost: TEACHER_COST, images: 1 },
    reportPhase(spec, dataset),
  ];
}
