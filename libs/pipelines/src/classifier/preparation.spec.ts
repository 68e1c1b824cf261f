import { describe, expect, it } from 'vitest';
import { pretrainedSource } from '#models';
import { toySpec } from '../../../../test/pipelines/toy.js';
import { checkPreparation, preparationOf } from './preparation.js';

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const { preprocessing: coco } = pretrainedSource('mobilenet_v2', 'coco');
const { preprocessing: inception } = pretrainedSource('inception_v3', 'imagenet-inception');
const imageOf = (image: object) =>
  toySpec('transfer', 'images', { image, backbone: { model: 'small_cnn', weights: 'none' } }).image;

describe('preparationOf', () => {
  it("is ImageNet's where the spec writes nothing, and what it writes", () => {
    expect(preparationOf(imageOf({}))).toEqual({ size: 224, resize: 'squash', ...IMAGENET });
    const written = { size: 32, resize: 'crop', mean: [0, 0, 0], std: [1, 1, 1] };
    expect(preparationOf(imageOf(written))).toEqual(written);
  });
});

describe('checkPreparation', () => {
  const check = (image: object, own: object) => () => checkPreparation(imageOf(image), own, 'the weights coco');

  it('passes what is left out, what is the same, and what was rounded to three digits', () => {
    expect(check({}, coco)).not.toThrow();
    expect(check({ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }, coco)).not.toThrow();
    // 128 / 255 = 0.50196…
    expect(check({ mean: [0.502, 0.502, 0.502] }, inception)).not.toThrow();
    expect(check({ size: 32, resize: 'crop' }, coco)).not.toThrow();
  });

  it("refuses ImageNet's numbers where they are written and the weights have others, naming both sides", () => {
    expect(check(IMAGENET, coco)).toThrow(
      expect.objectContaining({
        name: 'UserError',
        field: 'image.mean',
        message:
          'the spec says mean 0.485, 0.456, 0.406 and std 0.229, 0.224, 0.225; ' +
          'with the weights coco it is mean 0.5, 0.5, 0.5 and std 0.5, 0.5, 0.5',
        remedy: expect.stringContaining('Leave image.mean and image.std out of the spec') as string,
      }),
    );
    expect(check({ std: [1, 1, 1] }, coco)).toThrow(expect.objectContaining({ field: 'image.std' }));
  });

  it('refuses another size or way of resizing where the weights decide those too, but not the defaults', () => {
    const own = preparationOf(imageOf({ size: 80, resize: 'squash' }));
    expect(check({ size: 96 }, own)).toThrow('the spec says size 96; with the weights coco it is size 80');
    expect(check({ size: 80, resize: 'crop' }, own)).toThrow(
      'the spec says resize crop; with the weights coco it is resize squash',
    );
    expect(check({}, { ...own, resize: 'crop' })).not.toThrow();
  });
});
