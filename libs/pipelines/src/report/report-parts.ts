import type { Report, Spec } from '#contracts';
import type { Dataset, Split } from '#datasets';
import type { Engine, Program } from '#engine';
import type { Classifier } from '../classifier/classifier.js';
import { findLookAlikes, LOOK_ALIKE_SECONDS, lookAlikeWarning } from '../guards/look-alikes.js';
import { programOutputs } from '../outputs/image-outputs.js';
import type { RunContext } from '../run-context.js';
import { attacksOf, PGD_STEPS } from './attacks.js';
import { calibrationOf, type FoundTemperature } from './calibration.js';
import { corruptionsOf } from './corruptions/corruptions.js';
import { mostProbable } from './evaluation.js';
import { fitTemperature } from './fit-temperature.js';
import { gapOf, scoreOfSplit } from './gap.js';
import { LATENCY_BATCHES, latencyOf } from './latency.js';
import { logitsOfBatch } from './report-program.js';
import { partOf, sampledIndices } from './sampled-split.js';
import { scoreOf, type Score } from './score.js';
import { cleanTop1, partOfSample, type TestPass } from './test-pass.js';
import { timeBudget, type TimeBudget } from './time-budget.js';

const SEVERITY_COUNT = 5;

/** The parts of a report that take time of their own. */
export type TimedParts = Pick<Report, 'calibration' | 'gap' | 'cost' | 'attacks' | 'corruptions' | 'lookAlikes'> & {
  skipped: string[];
};

/** A temperature that was found before the validation images were trained on, or why there is none. */
export type EarlierTemperature = FoundTemperature | { missing: string };

/** What the parts are made from. */
export interface PartsInput {
  engine: Engine;
  program: Program;
  spec: Spec;
  seed: number;
  context: RunContext;
  dataset: Dataset;
  classifier: Classifier;
  pass: TestPass;
  test: Report['test'];
  /** As the training found it. */
  validation?: Score;
  earlierTemperature?: EarlierTemperature;
  modelBytes: number;
  durationMs: number;
  onProgress(images: number): void;
}

/**
 * Images that the parts look at, where there is time for all: attacks count an image once for each of their steps.
 * @param fitsTemperature on the validation images
 */
export function imagesToLookAt(
  { report }: Pick<Spec, 'report'>,
  { train, validation, test }: Dataset,
  fitsTemperature: boolean,
): number {
  const attacked = Math.min(report.attacks.images, test.length) * report.attacks.epsilons.length;
  const corrupted = Math.min(report.corruptions.images, test.length) * report.corruptions.kinds.length;
  const others = (fitsTemperature ? validation.length : 0) + Math.min(report.trainImages, train.length);
  return others + corrupted * SEVERITY_COUNT + attacked * (1 + PGD_STEPS);
}

/** What a part is called where it is left out, and how it is found; what of it was not done in time it leaves out itself. */
type Part = [name: string, find: (input: PartsInput, found: TimedParts, time: Time) => Promise<void>];

interface Time {
  budget: TimeBudget;
  signal: AbortSignal;
  leaveOut(name: string): void;
}

const LOOK_ALIKES = 'look-alikes of the test images';

/** The cheap ones first. */
const PARTS: readonly Part[] = [
  ['temperature scaling', findTemperature],
  ['the gap to the training images', findGap],
  ['latency', findLatency],
  ['corruptions', findCorruptions],
  ['attacks', findAttacks],
];

/**
 * Finds the parts one after the other until the time of `report.maxSeconds` is up; before that, in a time of its own,
 * whether the test can be trusted. A part that fails is left out with a warning: hours of training are not to be lost for
 * it.
 * @throws the abort signal's reason
 */
export async function timedParts(input: PartsInput): Promise<TimedParts> {
  const { context, spec, pass, dataset, classifier, earlierTemperature: earlier } = input;
  const { logitSize, outputs } = classifier;
  const { signal } = context;
  const { maxSeconds } = spec.report;
  const known = earlier !== undefined && 'temperature' in earlier ? earlier : undefined;
  const found: TimedParts = {
    skipped: earlier !== undefined && 'missing' in earlier ? [`temperature scaling: ${earlier.missing}`] : [],
    calibration: calibrationOf({ logits: pass.logits, labels: dataset.test.labels }, known, logitSize, outputs),
    cost: costOf(input),
  };
  const attempt = async (name: string, find: () => Promise<void>): Promise<void> => {
    try {
      await find();
    } catch (error) {
      signal.throwIfAborted();
      const why = `${name}: ${(error as Error).message}`;
      found.skipped.push(why);
      context.log('warn', `A part of the report is left out: ${why}`);
    }
  };
  await attempt(LOOK_ALIKES, () => findCopies(input, found));

  const budget = timeBudget(maxSeconds);
  const leaveOut = (name: string): void =>
    void found.skipped.push(`${name}: the ${maxSeconds} seconds of report.maxSeconds were used up`);
  const parts = earlier === undefined ? PARTS : PARTS.filter(([, find]) => find !== findTemperature);
  for (const [name, find] of parts) {
    if (budget.isSpent()) leaveOut(name);
    else await attempt(name, () => find(input, found, { budget, signal, leaveOut }));
  }
  return found;
}

function costOf({ classifier, modelBytes, durationMs }: PartsInput): NonNullable<Report['cost']> {
  const multiplyAdds = classifier.multiplyAdds();
  return {
    parameters: classifier.parameters,
    multiplyAdds,
    flops: 2 * multiplyAdds,
    bytes: modelBytes,
    deviceSeconds: durationMs / 1000,
    latency: [],
  };
}

async function findTemperature(input: PartsInput, found: TimedParts, time: Time): Promise<void> {
  const { dataset, classifier, pass } = input;
  const { test, validation } = dataset;
  const { logitSize, outputs } = classifier;
  if (validation.length === 0) return;
  const logits = await logitsOf(input, validation, time);
  if (logits === undefined) return time.leaveOut('temperature scaling');
  const temperature = fitTemperature({ logits, labels: validation.labels }, logitSize, outputs);
  const fitted = { temperature, validationImages: validation.length, beforeFinalFit: false };
  found.calibration = calibrationOf({ logits: pass.logits, labels: test.labels }, fitted, logitSize, outputs);
}

async function findGap(input: PartsInput, found: TimedParts, time: Time): Promise<void> {
  const { dataset, classifier, spec, seed, test } = input;
  const { train, validation } = dataset;
  if (spec.report.trainImages === 0) return;
  const some = partOf(train, sampledIndices(train.length, spec.report.trainImages, seed));
  const logits = await logitsOf(input, some, time);
  if (logits === undefined) return time.leaveOut('the gap to the training images');
  const ofTrain = scoreOf(logits, some.labels, classifier.classNames, classifier.outputs)!;
  found.gap = gapOf(
    scoreOfSplit(ofTrain, some.length),
    input.validation === undefined ? undefined : scoreOfSplit(input.validation, validation.length),
    scoreOfSplit(test, test.images),
  );
}

/** Among the images that the run has trained on or chosen by: those without labels are a student's alone. */
async function findCopies({ pass, dataset, spec, context }: PartsInput, found: TimedParts): Promise<void> {
  const { train, validation, unlabelled, test } = dataset;
  const used = spec.pipeline === 'distillation' ? [train, validation, unlabelled] : [train, validation];
  const lookAlikes = await findLookAlikes(pass.thumbprints, used, context.signal);
  found.lookAlikes = lookAlikes;
  const warning = lookAlikeWarning(lookAlikes);
  if (warning !== undefined) context.log('warn', warning);
  const images = used.reduce((sum, { length }) => sum + length, test.length);
  const compared = used.reduce((sum, { name }) => sum + (lookAlikes[name] ?? 0), lookAlikes.test);
  if (compared === images) return;
  const left = (images - compared).toLocaleString('en');
  found.skipped.push(`${LOOK_ALIKES}: ${left} images were not compared in ${LOOK_ALIKE_SECONDS} seconds`);
}

async function findLatency({ program, pass, spec }: PartsInput, found: TimedParts, time: Time): Promise<void> {
  const { latencyRuns } = spec.report;
  if (latencyRuns === 0) return;
  for (const batch of LATENCY_BATCHES) {
    const images = new Uint8Array(batch * pass.sample.imageSize ** 2 * 3).fill(128);
    const latency = await latencyOf(() => logitsOfBatch(program, 'look', images), batch, latencyRuns, time);
    if (latency === undefined) time.leaveOut(`latency at batch ${batch}`);
    else found.cost!.latency.push(latency);
  }
}

async function findCorruptions(input: PartsInput, found: TimedParts, time: Time): Promise<void> {
  const { program, pass, classifier, spec, seed, dataset, onProgress } = input;
  const { images, kinds } = spec.report.corruptions;
  const sample = partOfSample(pass.sample, sampledIndices(dataset.test.length, images, seed));
  if (sample.labels.length === 0 || kinds.length === 0) return;
  const { logitSize } = classifier;
  const predict = (bytes: Uint8Array, count: number): Int32Array => {
    const logits = logitsOfBatch(program, 'look', bytes);
    return Int32Array.from({ length: count }, (_, i) =>
      mostProbable(logits.subarray(i * logitSize, (i + 1) * logitSize)),
    );
  };
  const options = { kinds, clean: cleanTop1(sample), seed };
  const { corruptions, leftOut } = await corruptionsOf(predict, sample, options, { ...time, onProgress });
  if (corruptions.found.length > 0) found.corruptions = corruptions;
  leftOut.forEach(time.leaveOut);
}

async function findAttacks(input: PartsInput, found: TimedParts, time: Time): Promise<void> {
  const { engine, program, pass, spec, seed, dataset, onProgress } = input;
  const { images, epsilons } = spec.report.attacks;
  const sample = partOfSample(pass.sample, sampledIndices(dataset.test.length, images, seed));
  if (sample.labels.length === 0 || epsilons.length === 0) return;
  const options = { epsilons, clean: cleanTop1(sample), seed };
  const { attacks, leftOut } = await attacksOf(engine, program, sample, options, { ...time, onProgress });
  if (attacks.found.length > 0) found.attacks = attacks;
  leftOut.forEach(time.leaveOut);
}

/** The model's logits of every image of a split, `[images, classes]`; `undefined` where the time was not enough. */
async function logitsOf(
  { engine, program, onProgress }: PartsInput,
  split: Split,
  { budget, signal }: Time,
): Promise<Float32Array | undefined> {
  let before = 0;
  const outputs = await programOutputs(engine, program, 'look', split, {
    signal,
    isOver: () => budget.isSpent(),
    onProgress: (done) => {
      onProgress(done - before);
      before = done;
    },
  });
  return outputs?.logits;
}
