import type { TransferSpec } from '#contracts';
import { normalise, type Dataset } from '#datasets';
import type { Tensor } from '#engine';
import type { ForwardMode, Model } from '#models';
import { findBackbone, type Backbone } from './classifier/backbone.js';
import { classifierOf, partsOf } from './classifier/build-classifier.js';
import type { Classifier } from './classifier/classifier.js';
import { writeModelFolder } from './classifier/model-folder.js';
import type { OutputKind } from './classifier/probabilities.js';
import { labelLoss, outputsOf } from './losses/label-loss.js';
import { cachedOutputs } from './outputs/cached-outputs.js';
import type { Pipeline, PipelineRun } from './pipeline.js';
import { ProgressMeter, type Phase } from './progress-meter.js';
import { pretrainedValues } from './regularization/pretrained-values.js';
import { regularization } from './regularization/regularization.js';
import { reportOn, reportPhase } from './report/report-on.js';
import type { RunContext } from './run-context.js';
import { openRunDataset } from './run-dataset.js';
import { checkpointOf, elapsedSince, runIdentity } from './run-identity.js';
import { adaptBatchNorm } from './training/adapt-batch-norm.js';
import { batchNormMode } from './training/batch-norm-mode.js';
import { checkHasValidation } from './training/best-epoch.js';
import { classWeights } from './training/class-weights.js';
import { dropout, headLogits, type Drop } from './training/dropout.js';
import { epochOrder } from './training/epoch-order.js';
import {
  affordableBatchSize,
  calibrationBatches,
  imageBatches,
  imageInputs,
  stepsPerEpoch,
} from './training/image-batches.js';
import { stageRates, stagesOf } from './training/stages.js';
import { continuedHead, solveHead, standardisedHead, type StandardisedHead } from './training/standardised-head.js';
import { trainHeadOnFeatures } from './training/train-head.js';
import { trainNetwork, type TrainingResult, type TrainingSurroundings } from './training/train-network.js';
import { trainingView } from './training/training-view.js';
import { gradualUnfreezing } from './training/unfreezing.js';
import { validationAfterEpochs } from './training/validation.js';

/** Of a new, random head: what is pretrained needs smaller steps than what is not. */
const NEW_HEAD_FACTOR = 10;
/** Of a head that starts as the solution of a logistic regression on large features, and is nearly right already. */
const SOLVED_HEAD_FACTOR = 0.1;
/** A training step costs this many forward passes of its images. */
const STEP_COST = 3;
const HEAD_STEP_COST = 0.01;

/**
 * Transfer learning: a pretrained backbone and a new head, trained on labelled images by
 *
 *     L = L_label + λ · L_reg,    L_label = 1/B · Σᵢ −log softmax(zᵢ)[labelᵢ]  or  1/B · Σᵢ Σ_c BCE(sigmoid(zᵢ_c), yᵢ_c)
 *
 * Fine-tuned, every weight moves, at once or stage after stage, on augmented images, whose labels mixup and CutMix make
 * distributions. Frozen, the backbone is a function that is computed once for each image, and the head alone is trained,
 * on its features.
 */
export const transfer: Pipeline<TransferSpec> = async (run) => {
  const { engine, spec, seed, context } = run;
  const began = performance.now();
  const backbone = await findBackbone(engine, spec, run);
  const dataset = await openRunDataset(spec.dataset, backbone.image, run);
  let model: Model | undefined;
  try {
    checkHasValidation(spec.training, dataset.validation.length);
    const identity = runIdentity(engine, spec, seed, dataset);
    const checkpoint = await checkpointOf(context, identity);
    const elapsedMs = elapsedSince(checkpoint, began);
    const batchSize = affordableBatchSize(spec.training.batchSize, dataset.train.length, context);
    const meter = new ProgressMeter(phases(run, backbone, dataset, batchSize), (progress) =>
      context.progress(progress),
    );
    const surroundings = { engine, context, meter, identity, checkpoint, elapsedMs };

    model = await backbone.load(dataset.classes.length);
    let result: TrainingResult;
    if (spec.backbone.freeze) {
      sayWhatTakesNoPart(spec, context);
      result = await trainHeadOnFeatures(run, headless(model, backbone), model, dataset, batchSize, {
        ...surroundings,
        learningRateFactor: backbone.pretrained ? NEW_HEAD_FACTOR : 1,
      });
    } else {
      let head = continuedHead(model, checkpoint);
      if (backbone.folded && checkpoint === undefined) {
        ({ model, head } = await unfolded(run, backbone, model, dataset, meter));
      }
      result = await fineTune(run, backbone, model, head, dataset, batchSize, surroundings);
    }

    const classifier = finished(model, backbone, dataset, outputsOf(spec.loss));
    const modelBytes = await writeModelFolder(context, classifier);
    return await reportOn(run, { dataset, classifier, modelBytes, meter, elapsedMs, ...result });
  } finally {
    model?.dispose();
    await dataset.close();
  }
};

/** All weights, on augmented images: what the labels cost, plus regularisation. */
async function fineTune(
  { engine, spec, seed, context }: PipelineRun<TransferSpec>,
  backbone: Backbone,
  model: Model,
  head: StandardisedHead | undefined,
  dataset: Dataset,
  batchSize: number,
  surroundings: TrainingSurroundings,
): Promise<TrainingResult> {
  const { training } = spec;
  const { batchNorm, stageDecay, unfreezeEvery } = spec.backbone;
  const { train, classes } = dataset;
  const mode = batchNormMode(batchNorm, backbone, batchSize);
  if (batchNorm === 'frozen' && !backbone.pretrained) {
    context.log(
      'warn',
      'backbone.batchNorm frozen keeps the statistics of random weights, 0 and 1, which normalise nothing: training takes ' +
        'several times as many steps. Set it to train, or name pretrained weights',
    );
  }
  // A folded network's was measured on these images when it was loaded.
  if (batchNorm === 'adapt' && !backbone.folded && surroundings.checkpoint === undefined) {
    await adaptBatchNorm(engine, model, calibrationBatches(engine, train, backbone.image, seed));
  }
  const loss = { ...spec.loss, classWeights: classWeights(spec.loss, train.labels, classes) };
  const stages = stagesOf(model);
  const steps = stepsPerEpoch(train.length, batchSize);
  const headFactor = !backbone.pretrained ? 1 : head === undefined ? NEW_HEAD_FACTOR : SOLVED_HEAD_FACTOR;
  const logitsOf = (images: Tensor, mode: ForwardMode, drop?: Drop) => {
    const { logits, features } = model.forward(normalise(engine, images, backbone.image), mode);
    if (head !== undefined) return head.logits(features, drop);
    return drop === undefined ? logits : headLogits(model, drop(features));
  };
  const origin = pretrainedValues(engine, spec.regularization, model, backbone, surroundings.checkpoint);
  try {
    const result = await trainNetwork(
      {
        training,
        batchSize,
        stepsPerEpoch: steps,
        parameters: model.parameters,
        statistics: model.statistics,
        learningRateFactors: stageRates(stages, stageDecay, headFactor),
        groups: unfreezeEvery === undefined ? undefined : gradualUnfreezing(stages, unfreezeEvery, steps),
        inputs: imageInputs(train, batchSize),
        objective: (inputs, { complete }) => {
          const view = trainingView(engine, inputs, training.augmentation, { classes: classes.length, seed });
          const drop = dropout(engine, training.dropout, { seed, step: inputs.step });
          // As long as a stage is frozen, so are the statistics that what it computes is normalised with.
          const logits = logitsOf(view.images, complete ? mode : 'frozen', drop);
          return { loss: labelLoss(engine, logits, view, loss), logits, answers: view.answers };
        },
        regularization: regularization(engine, spec.regularization, model, origin.tensors),
        batches: (epoch, firstBatch) =>
          imageBatches(engine, train, {
            ...{ batchSize, seed, epoch, firstBatch, signal: context.signal },
            order: epochOrder(train.labels, training.sampling, { seed, epoch }),
          }),
        ...validationAfterEpochs(
          engine,
          (images) => logitsOf(images, 'inference'),
          dataset,
          context.signal,
          outputsOf(spec.loss),
        ),
        kept: { ...origin.kept, ...head?.kept },
      },
      surroundings,
    );
    head?.fold();
    return result;
  } finally {
    origin.dispose();
    head?.dispose();
  }
}

/**
 * A network whose batch normalisation was folded away, made ready for fine-tuning: its head is the logistic regression
 * on its features, and its batch normalisation is measured anew. The backbone computes the same as before.
 */
async function unfolded(
  { engine, spec, context, seed }: PipelineRun<TransferSpec>,
  backbone: Backbone,
  folded: Model,
  { train, classes }: Dataset,
  meter: ProgressMeter,
): Promise<{ model: Model; head: StandardisedHead }> {
  meter.begin('features');
  const features = await cachedOutputs(engine, headless(folded, backbone), 'features', train, context, (done) =>
    meter.advance(done),
  );
  const model = await backbone.load(classes.length, () => calibrationBatches(engine, train, backbone.image, seed));
  folded.dispose();
  const head = standardisedHead(model, features);
  try {
    const kind = spec.loss.kind === 'bce' ? 'bce' : 'multinomial';
    await solveHead(model, head, features, train.labels, context, kind);
  } catch (error) {
    head.dispose();
    model.dispose();
    throw error;
  }
  return { model, head };
}

/** The backbone as a teacher of features. Shares the model's variables: not to be disposed of. */
function headless(model: Model, { image }: Backbone): Classifier {
  return classifierOf(model, { ...partsOf(model), classNames: [], image, outputs: 'softmax' });
}

/** What is saved, and what is tested: the model with the weights that it has now. */
function finished(
  model: Model,
  { image }: Backbone,
  { classes, contentHash }: Dataset,
  outputs: OutputKind,
): Classifier {
  const meaning = { classNames: classes, image, outputs, trainedOn: contentHash };
  return classifierOf(model, { ...partsOf(model), ...meaning });
}

/** What of a spec means nothing to a frozen backbone. */
function sayWhatTakesNoPart({ backbone }: TransferSpec, context: Pick<RunContext, 'log'>): void {
  const { batchNorm, unfreezeEvery, stageDecay } = backbone;
  const asked = [
    ...(batchNorm === 'auto' || batchNorm === 'frozen' ? [] : [`backbone.batchNorm ${batchNorm}`]),
    ...(unfreezeEvery === undefined ? [] : ['backbone.unfreezeEvery']),
    ...(stageDecay === 1 ? [] : ['backbone.stageDecay']),
  ];
  if (asked.length === 0) return;
  context.log('warn', `${asked.join(', ')} and backbone.freeze exclude each other: the whole backbone stays as it is`);
}

function phases(
  { spec }: PipelineRun<TransferSpec>,
  { folded }: Backbone,
  dataset: Dataset,
  batchSize: number,
): Phase[] {
  const { train, validation, test } = dataset;
  const { freeze } = spec.backbone;
  const steps = stepsPerEpoch(train.length, batchSize) * spec.training.epochs;
  const features = freeze ? train.length + validation.length : folded ? train.length : 0;
  return [
    { name: 'features', total: features, cost: 1 },
    { name: 'train', total: steps, cost: (freeze ? HEAD_STEP_COST : STEP_COST) * batchSize, images: batchSize },
    { name: 'test', total: test.length, cost: 1, images: 1 },
    reportPhase(spec, dataset),
  ];
}
