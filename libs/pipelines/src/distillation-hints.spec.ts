import { describe, expect, it } from 'vitest';
import { recording, toySpec, weightsHash, type Recording } from '../../../test/pipelines/toy.js';
import { toyGround, trainTeacher } from '../../../test/pipelines/toy-ground.js';
import { runPipeline } from './run-pipeline.js';
import { readCheckpoint } from './training/checkpoint-file.js';

const ground = await toyGround();
const { engine, images, cache } = ground;
const teacher = await trainTeacher(ground);

/** The student's layer2 has 6×6 places of 32 channels, the teacher's conv3 has 3×3 of 64. */
describe('distillation from hints of a named layer', () => {
  const run = (
    context: Recording,
    { loss = {}, augmentation = { flip: false }, ...fields }: Record<string, unknown> = {},
    on = engine,
  ) =>
    runPipeline({
      engine: on,
      spec: toySpec('distillation', images, {
        teacher: { path: teacher },
        student: { model: 'resnet8' },
        loss: { kind: 'hint', studentLayer: 'layer2', teacherLayer: 'conv3', ...(loss as object) },
        training: { epochs: 2, batchSize: 8, optimizer: { learningRate: 0.02 }, augmentation },
        ...fields,
      }),
      seed: 1,
      context,
    });

  it('learns the hints beside the answers, by a projector that is no part of the model', async () => {
    const [followed, alone] = [recording(cache), recording(cache)];
    await run(followed);
    await run(alone, { loss: { hintWeight: 0 } });
    const { state } = await readCheckpoint(followed.checkpoints.at(-1)!);
    expect(state['hint.weight'].shape).toEqual([32, 64]);
    expect(weightsHash(followed)).not.toBe(weightsHash(alone));
    // Standardised hints, of which nothing is known yet: half of what the projection is off, and their own size.
    const lossesOf = ({ points }: Recording) => points.flatMap(({ values }) => values['train.loss'] ?? []);
    const hintLoss = lossesOf(followed).map((loss, at) => loss - lossesOf(alone)[at]);
    expect(hintLoss[0]).toBeGreaterThan(0.3);
    expect(hintLoss.at(-1)).toBeLessThan(0.85 * hintLoss[0]);
  });

  it('is captured to the bit', async () => {
    const [captured, eager] = [recording(cache), recording(cache)];
    const mixed = { flip: false, mixup: 0.2 };
    await run(captured, { augmentation: mixed });
    await run(eager, { augmentation: mixed }, { ...engine, captures: false });
    expect(weightsHash(captured)).toBe(weightsHash(eager));
  });

  it('goes on from a checkpoint to the bit, and finds the maps in the cache', async () => {
    const unbroken = recording(cache);
    await run(unbroken);
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[0] });
    const { teacherCache } = await run(continued);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    expect(teacherCache!.hitRate).toBe(1);
  });

  it('follows maps of what the student sees, where it sees views', async () => {
    const context = recording(cache);
    const { teacherCache } = await run(context, {
      views: 2,
      augmentation: { flip: true, crop: 1, cutmix: 1 },
      loss: { hintSize: 2 },
    });
    // 43 training images, twice for the logits and twice for the maps, and 18 of the test.
    expect(teacherCache!.rows).toBeGreaterThanOrEqual(4 * 43);
    expect(context.points.at(-1)!.values['train.loss'] ?? 0).toBeLessThan(10);
  });

  it('refuses maps whose places are not the same before the teacher is asked', async () => {
    const context = recording(cache);
    await expect(run(context, { augmentation: {} })).rejects.toMatchObject({ name: 'UserError', field: 'views' });
    expect(context.phases).not.toContain('teacher');
  });
});
