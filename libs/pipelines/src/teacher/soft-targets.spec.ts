import { createHash } from 'node:crypto';
import type { Tensor4D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PreparationSchema } from '#contracts';
import type { Split } from '#datasets';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { createModel, loadStateDict, stateDict } from '#models';
import { recording, temporaryFolder, toySpec } from '../../../../test/pipelines/toy.js';
import { classifierOf, partsOf } from '../classifier/build-classifier.js';
import type { Classifier } from '../classifier/classifier.js';
import { measure, moderate, standardise } from '../logistic-regression/standardisation.js';
import { seededUniform } from '../report/seeded-random.js';
import { imageBatches } from '../training/image-batches.js';
import { consistentViews } from './consistent-views.js';
import { hintLayers } from './hint-layers.js';
import { softTargets, type SoftTargets } from './soft-targets.js';

const SIZE = 12;
const IMAGES = 44;
const BATCH = 8;
const VIEWS = 2;
/** Of logits below 4, float16 is wrong by 0.001 at most; another cut of an image changes nearly all of them by more. */
const TOLERANCE = 0.002;

/** Patches of random colours, which no crop and no mirror leaves as they are; each pixel is drawn `scale` pixels wide. */
function patches(scale: number): Split {
  const imageSize = SIZE * scale;
  const images = Array.from({ length: IMAGES }, (_, image) => {
    const uniform = seededUniform(image, 'patches');
    const colours = Array.from({ length: 27 }, () => Math.floor(uniform() * 256));
    return Uint8Array.from({ length: imageSize ** 2 * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % imageSize, Math.floor(at / 3 / imageSize)];
      const patch = Math.floor((y * 3) / imageSize) * 3 + Math.floor((x * 3) / imageSize);
      return colours[patch * 3 + (at % 3)];
    });
  });
  return {
    name: 'train',
    length: IMAGES,
    imageSize,
    labels: Int32Array.from(images, (_, image) => image % 3),
    hashes: images.map((_, image) => createHash('sha256').update(`${image}`).digest('hex')),
    read: async (indices, out) => {
      for (let i = 0; i < indices.length; i++) out.set(images[indices[i]], i * imageSize ** 2 * 3);
    },
  };
}

describe('soft targets of consistent views', () => {
  let engine: Engine;
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    engine = await loadEngine();
    ({ folder, remove } = await temporaryFolder());
  });
  afterAll(() => remove());

  const student = patches(1);
  const every = Int32Array.from({ length: IMAGES }, (_, place) => place);
  const { signal } = new AbortController();
  const viewsOf = () => consistentViews(engine, student, VIEWS, { crop: 2, flip: true });
  /** A teacher that sees images `scale` times as large, and what it says of the student's. */
  async function asked(scale: number, loss: Record<string, unknown> = {}) {
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 4 });
    // A new head says nearly the same of all images: a hundredfold, it tells them apart.
    const head = stateDict(model)['fc.weight'];
    const values = head.values.map((value) => 100 * value);
    loadStateDict(model, { ...stateDict(model), 'fc.weight': { ...head, values } });
    const image = PreparationSchema.parse({ size: SIZE * scale });
    const classNames = ['a', 'b', 'c'];
    const teacher = classifierOf(model, { ...partsOf(model), classNames, image, outputs: 'softmax' });
    const spec = toySpec('distillation', folder, {
      image: { size: SIZE },
      teacher: { path: folder },
      student: { model: 'small_cnn' },
      loss,
    });
    const layers = hintLayers(engine, spec, teacher, model, IMAGES);
    const seeing = [{ classifier: teacher, weight: 1, field: 'teacher', images: patches(scale) }];
    const options = { loss: spec.loss, classes: 3, context: recording(folder), layers };
    const ask = (views?: ReturnType<typeof viewsOf>) =>
      softTargets(engine, seeing, student, { ...options, views }, () => {});
    return { teacher, seen: await ask(viewsOf()), asTheyAre: await ask() };
  }

  /** What a teacher says of the student's images, as they are shown to the student. */
  const live = ({ forward, image }: Classifier, shown: Tensor, output: 'logits' | 'features'): Float32Array =>
    engine.tf.tidy(() => {
      const size = [image.size, image.size] as [number, number];
      const larger = engine.tf.image.resizeNearestNeighbor(shown as Tensor4D, size);
      return forward(larger)[output].dataSync<'float32'>();
    });

  /** Of two shuffled epochs, 40 rows each, those where the targets are not what `expected` says of what the student sees. */
  async function wrongRows(
    targets: SoftTargets,
    name: 'teacher' | 'hint',
    expected: (shown: Tensor) => Float32Array,
  ): Promise<number[]> {
    const { tf } = engine;
    const views = viewsOf();
    const wrong = Array.from({ length: VIEWS }, () => 0);
    for (let epoch = 0; epoch < VIEWS; epoch++) {
      const options = { batchSize: BATCH, seed: 3, epoch, firstBatch: 0, signal };
      const rows = (places: Int32Array) => targets.rows(places, epoch);
      for await (const { images, ...inputs } of imageBatches(engine, student, options, rows)) {
        const batch = inputs as Record<string, Tensor>;
        const stored = tf.tensor(images, [BATCH, SIZE, SIZE, 3], 'int32');
        const shown = tf.tidy(() => views.apply(stored, batch));
        const answers = expected(shown);
        const given = batch[name].dataSync<'float32'>();
        const width = given.length / BATCH;
        for (let row = 0; row < BATCH; row++) {
          const first = row * width;
          const ofRow = given.subarray(first, first + width);
          if (ofRow.some((value, i) => Math.abs(value - answers[first + i]) > TOLERANCE)) wrong[epoch]++;
        }
        tf.dispose([stored, shown, ...Object.values(batch)]);
      }
    }
    return wrong;
  }

  it.each([1, 2])(
    'are what the teacher says of the very cut that the student sees, at %s times its size',
    async (scale) => {
      const { teacher, seen } = await asked(scale);
      expect(await wrongRows(seen, 'teacher', (shown) => live(teacher, shown, 'logits'))).toEqual([0, 0]);
      teacher.dispose();
    },
  );

  it('are the hints of that cut, standardised by what the first view measures', async () => {
    const { tf } = engine;
    const { teacher, seen } = await asked(1, { kind: 'hint' });
    const views = viewsOf();
    const all = new Uint8Array(IMAGES * SIZE ** 2 * 3);
    await student.read(every, all);
    const first = tf.tidy(() => views.apply(tf.tensor(all, [IMAGES, SIZE, SIZE, 3], 'int32'), views.rows(every, 0)));
    const scale = moderate(measure(live(teacher, first, 'features'), teacher.featureSize));
    const hints = (shown: Tensor) => standardise(live(teacher, shown, 'features'), scale);
    expect(await wrongRows(seen, 'hint', hints)).toEqual([0, 0]);
    const ofFirst = mistaken(seen, (places) => ({ hint: seen.rows(places, 0).hint }));
    const [before, after] = await wrongRows(ofFirst, 'hint', hints);
    expect(before).toBe(0);
    expect(after).toBeGreaterThan(36);
    first.dispose();
    teacher.dispose();
  });

  /** The same targets but for a mistake that is made on purpose. */
  const mistaken = (
    targets: SoftTargets,
    instead: (places: Int32Array, epoch: number) => Record<string, Tensor>,
  ): SoftTargets => ({
    ...targets,
    rows: (places, epoch) => ({ ...targets.rows(places, epoch), ...instead(places, epoch) }),
  });

  it('would be seen to be those of the first view in every epoch, of images as they are, or of other places', async () => {
    const { teacher, seen, asTheyAre } = await asked(1);
    const wrong = (instead: (places: Int32Array, epoch: number) => Tensor) =>
      wrongRows(
        mistaken(seen, (places, epoch) => ({ teacher: instead(places, epoch) })),
        'teacher',
        (shown) => live(teacher, shown, 'logits'),
      );
    const [first, second] = await wrong((places) => seen.rows(places, 0).teacher);
    expect(first).toBe(0);
    let next = 0;
    const unshuffled = (places: Int32Array) => places.map(() => next++ % 40);
    const counts = [
      second,
      ...(await wrong((places, epoch) => asTheyAre.rows(places, epoch).teacher)),
      ...(await wrong((places, epoch) => seen.rows(unshuffled(places), epoch).teacher)),
    ];
    // But for the few that are cut alike by chance.
    for (const count of counts) expect(count).toBeGreaterThan(36);
    teacher.dispose();
  });
});
