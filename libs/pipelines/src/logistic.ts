import type { LogisticSpec } from '#contracts';
import type { Dataset, Split } from '#datasets';
import { buildClassifier } from './build-classifier.js';
import { cachedOutputs } from './cached-outputs.js';
import { applyLinearMap, fitLogisticRegression, type FittedMap } from './logistic-regression/logistic-regression.js';
import { mapOnTop } from './logistic-regression/map-on-top.js';
import { foldStandardisation, measure, standardise } from './logistic-regression/standardisation.js';
import { writeModelFolder } from './model-folder.js';
import type { Pipeline } from './pipeline.js';
import { ProgressMeter, type Phase } from './progress-meter.js';
import type { OutputKind } from './probabilities.js';
import { scoreOf } from './report.js';
import { reportOn, reportPhase } from './report/report-on.js';
import type { Checkpoint, RunContext } from './run-context.js';
import { openRunDataset } from './run-dataset.js';
import { checkpointOf, elapsedSince, runIdentity } from './run-identity.js';
import { stayResponsive } from './stay-responsive.js';
import { checkHasFeatures, openTeacher } from './teacher.js';
import { percent } from './train-network.js';
import type { Score } from './training-task.js';

/** One fit costs about as much as this many forward passes of the training images. */
const FIT_COST = 0.3;
/** A point of the loss curve for every so many iterations of the solver. */
const METRICS_EVERY = 10;

/** A λ and how well its solution does on the validation images. */
interface Candidate {
  lambda: number;
  validation?: Score;
}

/** Where a run stands between two fits. */
interface Position {
  identity: string;
  elapsedMs: number;
  candidates: Candidate[];
  /** Iterations of the solver, over all fits. */
  step: number;
}

/**
 * Logistic regression on a teacher's outputs x (through the sigmoid, as logits, or the penultimate features), which
 * are standardised:
 *
 *     L = L_log + λ · L_reg
 *     bce:          L_log = 1/n · Σᵢ Σ_c BCE(sigmoid(W_c·xᵢ + b_c), yᵢ_c)     one yes-or-no question per class
 *     multinomial:  L_log = 1/n · Σᵢ −log softmax(W·xᵢ + b)[labelᵢ]           one question
 *
 * solved to its optimum. Of several λ the one with the lowest validation loss is fitted again, on training and
 * validation images together. Every fit starts from zero, so that none depends on those before it.
 */
export const logistic: Pipeline<LogisticSpec> = async (run) => {
  const { engine, spec, seed, context } = run;
  const began = performance.now();
  const owned: { dispose(): void }[] = [];
  const opened: Dataset[] = [];
  try {
    const teacher = await openTeacher(engine, spec.teacher, { ...run, image: spec.image });
    owned.push(teacher);
    checkHasFeatures(teacher, spec.features);
    const dataset = await openRunDataset(spec.dataset, teacher.image, run);
    opened.push(dataset);
    const { train, validation, classes } = dataset;
    const identity = runIdentity(engine, spec, seed, dataset, teacher);
    const checkpoint = await checkpointOf(context, identity);
    const elapsedMs = elapsedSince(checkpoint, began);
    const lambdas = [spec.regularization.lambda].flat();
    const meter = new ProgressMeter(phases(spec, dataset, lambdas.length), (progress) => context.progress(progress));

    meter.begin('features');
    const featuresOf = async (split: Split, before: number) => {
      const output = spec.features === 'penultimate' ? 'features' : 'logits';
      const found = await cachedOutputs(engine, teacher, output, split, context, (done) =>
        meter.advance(before + done),
      );
      return spec.features === 'sigmoid' ? found.map(sigmoid) : found;
    };
    const trainFeatures = await featuresOf(train, 0);
    const validationFeatures = await featuresOf(validation, train.length);
    const width = trainFeatures.length / train.length;

    const outputs: OutputKind = spec.loss.kind === 'bce' ? 'sigmoid' : 'softmax';
    const position = positionOf(checkpoint, identity);
    meter.begin('fit', position.candidates.length);
    const fit = (lambda: number, features: Float32Array, labels: Int32Array) =>
      fitLogisticRegression(engine, features, labels, classes.length, {
        loss: spec.loss.kind,
        regularization: { kind: spec.regularization.kind, lambda },
        onIteration: async (iteration, objective) => {
          if (iteration % METRICS_EVERY === 0) context.metrics(position.step, { 'train.loss': objective, lambda });
          position.step++;
          await stayResponsive(context.signal);
        },
      });

    const ofTraining = measure(trainFeatures, width);
    const x = standardise(trainFeatures, ofTraining);
    const xValidation = standardise(validationFeatures, ofTraining);
    for (const lambda of lambdas.slice(position.candidates.length)) {
      const map = await fit(lambda, x, train.labels);
      const score = scoreOf(applyLinearMap(xValidation, map), validation.labels, classes, outputs);
      position.candidates.push({ lambda, validation: score });
      announce(context, position.step++, lambda, map, score);
      await context.saveCheckpoint({ state: {}, position: { ...position, elapsedMs: elapsedMs() } });
      meter.advance(position.candidates.length);
    }
    const best = lowestLoss(position.candidates);

    const allFeatures = joined(Float32Array, trainFeatures, validationFeatures);
    const ofAll = measure(allFeatures, width);
    const labels = joined(Int32Array, train.labels, validation.labels);
    const map = await fit(best.lambda, standardise(allFeatures, ofAll), labels);
    meter.advance(lambdas.length + 1);

    const folded = foldStandardisation(map, ofAll);
    const meaning = { classNames: classes, outputs };
    const classifier = buildClassifier(engine, mapOnTop(teacher.parts, teacher.head, spec.features, folded, meaning));
    owned.push(classifier);
    const modelBytes = await writeModelFolder(context, classifier);
    const sameClasses = teacher.classNames.join('\n') === classes.join('\n');
    return await reportOn(run, {
      ...{
        dataset,
        classifier,
        modelBytes,
        meter,
        elapsedMs,
        validation: best.validation,
        validationWasTrainedOn: true,
      },
      teacher: { name: teacher.name, classifier: sameClasses ? teacher : undefined },
      chosen: { lambda: best.lambda, iterations: map.iterations, converged: map.converged },
    });
  } finally {
    for (const network of owned) network.dispose();
    for (const view of opened) await view.close();
  }
};

function positionOf(checkpoint: Checkpoint | undefined, identity: string): Position {
  if (checkpoint === undefined) return { identity, elapsedMs: 0, candidates: [], step: 0 };
  const found = checkpoint.position as unknown as Position;
  return { ...found, candidates: [...found.candidates] };
}

function announce(context: RunContext, step: number, lambda: number, map: FittedMap, score: Score | undefined): void {
  context.metrics(step, {
    'train.loss': map.objective,
    lambda,
    ...(score === undefined ? {} : { 'validation.loss': score.loss, 'validation.top1': score.top1 }),
  });
  const found = score === undefined ? '' : `, validation top-1 ${percent(score.top1)}, loss ${score.loss.toFixed(4)}`;
  const end = map.converged ? `after ${map.iterations} iterations` : `not converged in ${map.iterations} iterations`;
  context.log('info', `λ ${lambda}: ${end}${found}`);
}

/** The first of those with the lowest validation loss; without validation images the first of all. */
function lowestLoss(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((best, candidate) =>
    (candidate.validation?.loss ?? Infinity) < (best.validation?.loss ?? Infinity) ? candidate : best,
  );
}

function joined<T extends Float32Array | Int32Array>(kind: { new (length: number): T }, first: T, second: T): T {
  const all = new kind(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

function phases(spec: LogisticSpec, dataset: Dataset, lambdas: number): Phase[] {
  const { train, validation, test } = dataset;
  const images = train.length + validation.length;
  return [
    { name: 'features', total: images, cost: 1, images: 1 },
    { name: 'fit', total: lambdas + 1, cost: FIT_COST * images },
    { name: 'test', total: test.length, cost: 1, images: 1 },
    reportPhase(spec, dataset),
  ];
}
