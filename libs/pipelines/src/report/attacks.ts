import type { Report } from '#contracts';
import type { Engine, Program, Tensor } from '#engine';
import { lookBatch } from '../outputs/look-batch.js';
import { stayResponsive } from '../stay-responsive.js';
import { wilson } from './interval.js';
import { seededUniform } from './seeded-random.js';
import type { TestSample } from './test-pass.js';
import type { TimeBudget } from './time-budget.js';

export const PGD_STEPS = 10;
/** Of ε, as Madry et al. have it: 2.5 · ε / steps, enough to cross the ball and come back. */
const PGD_STEP = 2.5 / PGD_STEPS;

export type Attack = NonNullable<Report['attacks']>['found'][number]['attack'];

export interface AttackOptions {
  attack: Attack;
  /** Of pixel values 0 to 255. */
  epsilon: number;
  seed: number;
}

/** What an attack goes on under. */
interface AttackSurroundings {
  budget: TimeBudget;
  signal: AbortSignal;
}

/**
 * Attacks a batch of images by the function `attack` of a program (`adversarialStep`).
 * @param origin `[batch, size, size, 3]`, 0 to 255, float32
 * @param start as `origin`: where PGD begins, by default a random place within ε, drawn by the seed
 * @returns the attacked images and the logits of them, whose caller disposes of both; `undefined`: the time was up
 * @throws the abort signal's reason
 */
export async function attackBatch(
  { tf }: Engine,
  program: Program,
  origin: Tensor,
  labels: Tensor,
  { attack, epsilon, seed }: AttackOptions,
  { budget, signal }: AttackSurroundings,
  start?: Tensor,
): Promise<{ images: Tensor; logits: Tensor } | undefined> {
  const [most, step] = [epsilon, attack === 'fgsm' ? epsilon : epsilon * PGD_STEP].map((value) => tf.scalar(value));
  const steps = attack === 'fgsm' ? 1 : PGD_STEPS;
  let images = attack === 'fgsm' ? origin.clone() : (start?.clone() ?? randomStart(tf, origin, epsilon, seed));
  try {
    // One call more than steps: the logits of the last images.
    for (let i = 0; ; i++) {
      await stayResponsive(signal);
      if (budget.isSpent()) break;
      const next = program.call('attack', { images, origin, labels, epsilon: most, stepSize: step });
      if (i === steps) {
        tf.dispose(next.images);
        return { images: images.clone(), logits: next.logits };
      }
      tf.dispose([images, next.logits]);
      images = next.images;
    }
    return undefined;
  } finally {
    tf.dispose([images, most, step]);
  }
}

function randomStart(tf: Engine['tf'], origin: Tensor, epsilon: number, seed: number): Tensor {
  const uniform = seededUniform(seed, `pgd ${epsilon}`);
  const noise = Float32Array.from({ length: origin.size }, () => (2 * uniform() - 1) * epsilon);
  return tf.tidy(() => tf.clipByValue(tf.add(origin, tf.tensor(noise, origin.shape)), 0, 255));
}

/**
 * Top-1 of test images that were moved, within ε, to where the model errs. FGSM at every ε comes first, being cheap.
 * @returns what was found before the time was up, and what was left out
 */
export async function attacksOf(
  engine: Engine,
  program: Program,
  sample: TestSample,
  { epsilons, clean, seed }: { epsilons: readonly number[]; clean: number; seed: number },
  surroundings: { budget: TimeBudget; signal: AbortSignal; onProgress(images: number): void },
): Promise<{ attacks: NonNullable<Report['attacks']>; leftOut: string[] }> {
  const { budget, signal, onProgress } = surroundings;
  const attacks: NonNullable<Report['attacks']> = { images: sample.labels.length, clean, found: [] };
  const leftOut: string[] = [];
  for (const attack of ['fgsm', 'pgd'] as const) {
    for (const epsilon of epsilons) {
      const right = await rightUnder(
        engine,
        program,
        sample,
        { attack, epsilon, seed },
        { budget, signal, onProgress },
      );
      if (right === undefined) {
        leftOut.push(`${attack === 'fgsm' ? 'FGSM' : `PGD-${PGD_STEPS}`} at ε ${epsilon}/255`);
        continue;
      }
      const images = attacks.images;
      const steps = attack === 'fgsm' ? 1 : PGD_STEPS;
      attacks.found.push({ attack, epsilon, steps, top1: right / images, top1Interval: wilson(right, images) });
    }
  }
  return { attacks, leftOut };
}

/**
 * How many images the model is right about before and after the attack; `undefined`: the time was up. Images that it is
 * wrong about as they are need no attack.
 */
async function rightUnder(
  engine: Engine,
  program: Program,
  { images, labels, right, imageSize }: TestSample,
  options: AttackOptions,
  { budget, signal, onProgress }: { budget: TimeBudget; signal: AbortSignal; onProgress(images: number): void },
): Promise<number | undefined> {
  const { tf } = engine;
  const passes = options.attack === 'fgsm' ? 1 : PGD_STEPS;
  const rows = Array.from(labels.keys()).filter((row) => right[row] === 1);
  const batch = lookBatch(rows.length);
  const bytes = imageSize ** 2 * 3;
  let survived = 0;
  if (budget.isSpent()) return undefined;
  onProgress((labels.length - rows.length) * passes);
  for (let first = 0; first < rows.length; first += batch) {
    const some = rows.slice(first, first + batch);
    // A last, shorter batch is filled up with anything.
    const pixels = new Float32Array(batch * bytes);
    const classes = new Int32Array(batch);
    some.forEach((row, i) => {
      pixels.set(images.subarray(row * bytes, (row + 1) * bytes), i * bytes);
      classes[i] = labels[row];
    });
    const origin = tf.tensor(pixels, [batch, imageSize, imageSize, 3]);
    const labelTensor = tf.tensor1d(classes, 'int32');
    const seed = options.seed + first;
    const surroundings = { budget, signal };
    const attacked = await attackBatch(
      engine,
      program,
      origin,
      labelTensor,
      { ...options, seed },
      surroundings,
    ).finally(() => tf.dispose([origin, labelTensor]));
    if (attacked === undefined) return undefined;
    const found = tf.tidy(() => tf.argMax(attacked.logits as never, 1).dataSync());
    survived += some.filter((row, i) => found[i] === labels[row]).length;
    tf.dispose([attacked.images, attacked.logits]);
    onProgress(some.length * passes);
  }
  return survived;
}
