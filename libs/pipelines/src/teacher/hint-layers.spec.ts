import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PreparationSchema } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel, type Model } from '#models';
import { toySpec } from '../../../../test/pipelines/toy.js';
import { classifierOf, partsOf } from '../classifier/build-classifier.js';
import type { Classifier } from '../classifier/classifier.js';
import { hintLayers } from './hint-layers.js';

describe('hintLayers', () => {
  let engine: Engine;
  let student: Model;
  let teacher: Classifier;
  beforeAll(async () => {
    engine = await loadEngine();
    student = createModel(engine, 'resnet8', { classes: 3, seed: 0 });
    const model = createModel(engine, 'resnet20', { classes: 3, seed: 1 });
    const image = PreparationSchema.parse({ size: 48 });
    teacher = classifierOf(model, { ...partsOf(model), classNames: ['a', 'b', 'c'], image, outputs: 'softmax' });
  });
  afterAll(() => {
    student.dispose();
    teacher.dispose();
  });

  const of = (
    loss: Record<string, unknown>,
    { images = 100, flip = false, ...fields }: Record<string, unknown> = {},
    by = teacher,
  ) => {
    const spec = toySpec('distillation', 'images', {
      image: { size: 24 },
      teacher: { path: '.' },
      student: { model: 'resnet8' },
      loss: { kind: 'hint', ...loss },
      training: { augmentation: { flip } },
      ...fields,
    });
    return hintLayers(engine, spec, by, student, images as number);
  };
  const maps = { studentLayer: 'layer1', teacherLayer: 'layer3' };

  it('are the penultimate layers where none is named, and none of another loss', () => {
    expect(of({})).toMatchObject({ output: 'features', shape: [64], inputs: 64 });
    expect(of({ kind: 'kd' })).toBeUndefined();
  });

  it('are maps of the smaller size, or of the one that is asked for', () => {
    const { tf } = engine;
    const found = of(maps)!;
    // 24×24 of 16 channels for the student, 12×12 of 64 for the teacher.
    expect(found).toMatchObject({
      output: { stage: 'layer3', size: 12, channels: 64 },
      shape: [12, 12, 64],
      inputs: 16,
    });
    const images = tf.ones([2, 24, 24, 3]);
    const { layer, logits } = found.look(images, 'inference');
    expect([layer.shape, logits.shape]).toEqual([
      [2, 12, 12, 16],
      [2, 3],
    ]);
    expect(of({ ...maps, hintSize: 4 })!.shape).toEqual([4, 4, 64]);
    expect(of({ studentLayer: 'layer3', teacherLayer: 'layer1' })!.shape).toEqual([6, 6, 16]);
    tf.dispose([images, layer, logits]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string, RegExp]>([
    ['a stage that the student lacks', { ...maps, studentLayer: 'layer4' }, {}, 'loss.studentLayer', /layer1, layer2/],
    ['a stage that the teacher lacks', { ...maps, teacherLayer: 'block1' }, {}, 'loss.teacherLayer', /resnet20 has no/],
    ['a larger size than there is', { ...maps, hintSize: 13 }, {}, 'loss.hintSize', /24×24 .* 12×12/],
    ['images that are mirrored for the student alone', maps, { flip: true }, 'views', /mirrored or cropped/],
    ['another part of the image', maps, { image: { size: 24, resize: 'crop' } }, 'image.resize', /different parts/],
    [
      'RandAugment',
      maps,
      { training: { augmentation: { flip: false, randAugment: {} } } },
      'training.augmentation.randAugment',
      /RandAugment moves/,
    ],
    [
      'more bytes than can be kept',
      maps,
      { images: 50_000 },
      'loss.teacherLayer',
      /the hints are 1758 MiB, of which 1024 MiB can be kept: 50000 looks at an image × 12 × 12 places × 64 channels/,
    ],
  ])('refuse %s', (_, loss, fields, field, words) => {
    let error: { field?: string; message: string; remedy?: string } | undefined;
    try {
      of(loss, fields);
    } catch (caught) {
      error = caught as typeof error;
    }
    expect(error).toMatchObject({ name: 'UserError', field });
    expect(`${error!.message} ${error!.remedy}`).toMatch(words);
  });

  it('name the size that fits, count views, and compare what is seen and not where at the size 1', () => {
    const tooLarge = () => of(maps, { images: 25_000, views: 2, flip: true });
    expect(tooLarge).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining('Set loss.hintSize to 9 (989 MiB)') }),
    );
    expect(of({ ...maps, hintSize: 1 }, { flip: true })!.shape).toEqual([1, 1, 64]);
  });

  it('refuse a teacher that is a TensorFlow.js model', () => {
    const tfjs = { ...teacher, stages: [] };
    expect(() => of(maps, {}, tfjs)).toThrow(/is a TensorFlow\.js model, of which no stage is known/);
  });
});
