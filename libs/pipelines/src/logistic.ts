import type { LogisticSpec } from '#contracts';
import type { Dataset } from '#datasets';
import type { StateDict } from '#models';
import { buildClassifier } from './classifier/build-classifier.js';
import type { Classifier } from './classifier/classifier.js';
import { writeModelFolder } from './classifier/model-folder.js';
import { checkPreparation, preparationOf } from './classifier/preparation.js';
import type { OutputKind } from './classifier/probabilities.js';
import { joined } from './logistic-regression/joined.js';
import { lambdaGrid, type LambdaGrid } from './logistic-regression/lambda-grid.js';
import {
  applyLinearMap,
  fitLogisticRegression,
  type FittedMap,
  type LinearMap,
} from './logistic-regression/logistic-regression.js';
import { mapOnTop } from './logistic-regression/map-on-top.js';
import { foldStandardisation, measure, standardise } from './logistic-regression/standardisation.js';
import { teacherFeatures } from './logistic-regression/teacher-features.js';
import type { Pipeline } from './pipeline.js';
import { ProgressMeter, type Phase } from './progress-meter.js';
import { fitTemperature } from './report/fit-temperature.js';
import { percent } from './report/html/number-words.js';
import { reportOn, reportPhase } from './report/report-on.js';
import type { EarlierTemperature } from './report/report-parts.js';
import { scoreOf, type Score } from './report/score.js';
import type { Checkpoint, RunContext } from './run-context.js';
import { openRunDataset } from './run-dataset.js';
import { checkpointOf, elapsedSince, runIdentity } from './run-identity.js';
import { stayResponsive } from './stay-responsive.js';
import { checkHasFeatures, openTeacher } from './teacher/teacher.js';

/** One fit costs about as much as this many forward passes of the training images. */
const FIT_COST = 0.3;
/** A point of the loss curve for every so many iterations of the solver. */
const METRICS_EVERY = 10;

/** A λ and how well its solution does on the validation images. */
interface Candidate {
  lambda: number;
  validation?: Score;
  /** That suits the validation images, of which this fit has seen none; of those λ that were the best when they were tried. */
  temperature?: number;
}

/** Where a run stands between two fits. */
interface Position {
  identity: string;
  elapsedMs: number;
  candidates: Candidate[];
  /** Iterations of the solver, over all fits. */
  step: number;
}

/** Before the names, in a checkpoint, of the last solution, at which the next λ begins. */
const START = 'fit/';

/**
 * Logistic regression on a teacher's outputs x (through the sigmoid, as logits, or the penultimate features, or several
 * of them side by side), which are standardised:
 *
 *     L = L_log + λ · L_reg
 *     bce:          L_log = 1/n · Σᵢ Σ_c BCE(sigmoid(W_c·xᵢ + b_c), yᵢ_c)     one yes-or-no question per class
 *     multinomial:  L_log = 1/n · Σᵢ −log softmax(W·xᵢ + b)[labelᵢ]           one question
 *
 * solved to its optimum. The λ are tried from the strongest on, each from the solution of the one before: there is one
 * optimum, which is found the sooner. The λ with the lowest validation loss is fitted again, from zero and to more digits,
 * on training and validation images together, so that the finished model depends on no other fit.
 */
export const logistic: Pipeline<LogisticSpec> = async (run) => {
  const { engine, spec, seed, context } = run;
  const began = performance.now();
  const owned: { dispose(): void }[] = [];
  const opened: Dataset[] = [];
  try {
    const image = preparationOf(spec.image);
    const teacher = await openTeacher(engine, spec.teacher, { ...run, image, isBuiltOn: true });
    owned.push(teacher);
    checkPreparation(spec.image, teacher.image, `the teacher ${teacher.name}`);
    checkHasFeatures(teacher, spec);
    const dataset = await openRunDataset(spec.dataset, teacher.image, run);
    opened.push(dataset);
    const { train, validation, classes } = dataset;
    const identity = runIdentity(engine, spec, seed, dataset, teacher);
    const checkpoint = await checkpointOf(context, identity);
    const elapsedMs = elapsedSince(checkpoint, began);
    const grid = lambdaGrid(spec.regularization, validation.length);
    sayWhatTheTeacherHasSeen(spec, teacher, dataset, context);
    const meter = new ProgressMeter(phases(spec, dataset, grid.length), (progress) => context.progress(progress));

    meter.begin('features');
    const source = await teacherFeatures(run, teacher, dataset, (done) => meter.advance(done));

    const outputs: OutputKind = spec.loss.kind === 'bce' ? 'sigmoid' : 'softmax';
    const position = positionOf(checkpoint, identity);
    meter.begin('fit', position.candidates.length);
    const fit = (
      lambda: number,
      features: Float32Array,
      labels: Int32Array,
      options: { start?: LinearMap; precise?: boolean },
    ) =>
      fitLogisticRegression(engine, features, labels, classes.length, {
        ...options,
        loss: spec.loss.kind,
        regularization: { kind: spec.regularization.kind, lambda },
        onIteration: async (iteration, objective) => {
          if (iteration % METRICS_EVERY === 0) context.metrics(position.step, { 'train.loss': objective, lambda });
          position.step++;
          await stayResponsive(context.signal);
        },
      });

    const choosing = await source.forChoosing();
    const width = choosing.train.length / train.length;
    const ofTraining = measure(choosing.train, width);
    const x = standardise(choosing.train, ofTraining);
    const xValidation = standardise(choosing.validation, ofTraining);
    const lambdas = grid.lambdas(train.length);
    let start = startOf(checkpoint);
    while (!isDone(grid, position.candidates)) {
      const lambda = lambdas[position.candidates.length];
      const map = await fit(lambda, x, train.labels, { start });
      const logits = applyLinearMap(xValidation, map);
      const score = scoreOf(logits, validation.labels, classes, outputs);
      const tried = [...position.candidates, { lambda, validation: score }];
      const temperature =
        score === undefined || lowestLoss(tried) < position.candidates.length
          ? undefined
          : fitTemperature({ logits, labels: validation.labels }, classes.length, outputs);
      position.candidates.push({ lambda, validation: score, temperature });
      announce(context, position.step++, lambda, map, score);
      const state = startState(map);
      start = startOf({ state });
      await context.saveCheckpoint({ state, position: { ...position, elapsedMs: elapsedMs() } });
      meter.advance(position.candidates.length);
    }
    const tried = position.candidates.length;
    if (tried < grid.length) {
      context.log(
        'info',
        `The ${grid.length - tried} weaker λ are passed over: validation has not become better for long`,
      );
    }
    const place = lowestLoss(position.candidates);
    const best = position.candidates[place];

    const { all, network } = await source.forFinalFit();
    const ofAll = measure(all, width);
    const labels = joined(Int32Array, train.labels, validation.labels);
    const lambda = grid.lambdaAt(place, labels.length);
    const map = await fit(lambda, standardise(all, ofAll), labels, { precise: true });
    meter.advance(grid.length + 1);

    const { temperature = 1 } = spec.calibration === 'temperature' ? best : {};
    const folded = foldStandardisation(map, ofAll);
    const scaled = {
      weight: folded.weight.map((value) => value / temperature),
      bias: folded.bias.map((value) => value / temperature),
    };
    const meaning = { classNames: classes, outputs, trainedOn: dataset.contentHash };
    const classifier = buildClassifier(engine, mapOnTop(network, teacher.head, source.parts, scaled, meaning));
    owned.push(classifier);
    const modelBytes = await writeModelFolder(context, classifier);
    const c = grid.cAt(place);
    const sameClasses = teacher.classNames.join('\n') === classes.join('\n');
    return await reportOn(run, {
      ...{
        dataset,
        classifier,
        modelBytes,
        meter,
        elapsedMs,
        validation: best.validation,
        earlierTemperature: earlierTemperature(spec, best, validation.length),
      },
      teacher: { name: teacher.name, classifier: sameClasses ? teacher : undefined },
      chosen: {
        lambda,
        ...(c === undefined ? {} : { c }),
        ...(spec.calibration === 'temperature' && best.temperature !== undefined ? { temperature } : {}),
        ...{ iterations: map.iterations, converged: map.converged, precision: map.precision },
      },
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

/** Place of the first of those with the lowest validation loss; without validation images the first of all. */
function lowestLoss(candidates: readonly Candidate[]): number {
  const lossAt = (place: number): number => candidates[place].validation?.loss ?? Infinity;
  return candidates.reduce((best, _, place) => (lossAt(place) < lossAt(best) ? place : best), 0);
}

function isDone(grid: LambdaGrid, candidates: readonly Candidate[]): boolean {
  const tried = candidates.length;
  return tried === grid.length || (tried > 0 && grid.isOver(tried, lowestLoss(candidates)));
}

/** A solution as a checkpoint holds it, in float32: the next fit begins there whether the run was interrupted or not. */
function startState({ weight, bias }: LinearMap): StateDict {
  return {
    [`${START}weight`]: { shape: [weight.length / bias.length, bias.length], values: Float32Array.from(weight) },
    [`${START}bias`]: { shape: [bias.length], values: Float32Array.from(bias) },
  };
}

function startOf(checkpoint: Pick<Checkpoint, 'state'> | undefined): LinearMap | undefined {
  const [weight, bias] = ['weight', 'bias'].map((name) => checkpoint?.state[`${START}${name}`]?.values);
  if (weight === undefined || bias === undefined) return undefined;
  return { weight: Float64Array.from(weight), bias: Float64Array.from(bias) };
}

/** What the report may say of temperature scaling: the final fit has seen the validation images, the one before has not. */
function earlierTemperature(
  { calibration }: LogisticSpec,
  { temperature }: Candidate,
  validationImages: number,
): EarlierTemperature {
  if (validationImages === 0) return { missing: 'there are no validation images' };
  if (temperature === undefined) {
    return { missing: 'no temperature was found before the final fit, which has trained on the validation images too' };
  }
  if (calibration === 'temperature') {
    const found = `T = ${temperature.toPrecision(3)}, found on ${validationImages} validation images before the final fit`;
    return { missing: `what is saved is divided by a temperature already (${found})` };
  }
  return { temperature, validationImages, beforeFinalFit: true };
}

/** Outputs for images that a teacher was trained on are surer than those for new ones. */
function sayWhatTheTeacherHasSeen(
  { features, outOfFold }: LogisticSpec,
  { parts, name }: Classifier,
  { contentHash }: Dataset,
  context: Pick<RunContext, 'log'>,
): void {
  if (parts.trainedOn !== contentHash || outOfFold !== undefined || features === 'penultimate') return;
  context.log(
    'warn',
    `The teacher ${name} was trained on these training images: its outputs for them are surer than for new ones, and what ` +
      'is fitted to them trusts it too much. Set outOfFold to 5, say, or fit to features: penultimate',
  );
}

function phases(spec: LogisticSpec, dataset: Dataset, lambdas: number): Phase[] {
  const { train, validation, test } = dataset;
  const images = train.length + validation.length;
  return [
    { name: 'features', total: images, cost: 1, images: 1 },
    { name: 'fit', total: lambdas + 1, cost: FIT_COST * images },
    { name: 'test', total: test.length, cost: 1, images: 1 },
    reportPhase(spec, dataset, false),
  ];
}
