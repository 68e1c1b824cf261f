import { createHash } from 'node:crypto';
import type { Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { checkViews, consistentViews } from './consistent-views.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const hashes = Array.from({ length: 400 }, (_, image) => createHash('sha256').update(`${image}`).digest('hex'));
const every = Int32Array.from(hashes, (_, place) => place);
const views = (of = hashes, { crop = 2, flip = true } = {}, imageSize = 6, count = 3) =>
  consistentViews(engine, { hashes: of, imageSize }, count, { crop, flip });
const placements = (epoch: number, of = views(), places = every) =>
  of.rows(places, epoch).placement.arraySync() as number[][];

describe('consistentViews', () => {
  it('take turns from epoch to epoch', () => {
    expect([0, 1, 2, 3, 7].map((epoch) => views().of(epoch))).toEqual([0, 1, 2, 0, 1]);
    expect(placements(3)).toEqual(placements(0));
    expect(placements(1)).not.toEqual(placements(0));
  });

  it('are functions of the view and the image alone, wherever the image stands', () => {
    const shuffled = [...hashes].reverse();
    expect(placements(2, views(shuffled)).reverse()).toEqual(placements(2));
    expect(placements(2, views(), Int32Array.of(7, 5))).toEqual([placements(2)[7], placements(2)[5]]);
  });

  it('are drawn evenly from all crops, mirrored or not', () => {
    const drawn = placements(0);
    for (const axis of [0, 1]) {
      const counts = [-2, -1, 0, 1, 2].map((distance) => drawn.filter((row) => row[axis] === distance).length);
      expect(counts.reduce((sum, count) => sum + count)).toBe(400);
      // 80 are expected of each, with a deviation of 8.
      for (const count of counts) expect(Math.abs(count - 80)).toBeLessThan(32);
    }
    const mirrored = drawn.filter((row) => row[2] === 1).length;
    expect(Math.abs(mirrored - 200)).toBeLessThan(40);
    expect(placements(0, views(hashes, { flip: false })).every((row) => row[2] === 0)).toBe(true);
  });

  it('show the teacher the part that they show the student', () => {
    const { tf } = engine;
    const of = views();
    const places = Int32Array.from({ length: 20 }, (_, place) => place);
    const counted = Array.from({ length: 20 * 36 * 3 }, (_, at) => (at * 7) % 251);
    const images = tf.tensor(counted, [20, 6, 6, 3], 'int32');
    const larger = tf.image.resizeNearestNeighbor(images as Tensor4D, [18, 18]);
    for (const epoch of [0, 1, 2]) {
      const student = of.apply(images, of.rows(places, epoch));
      const same = of.ofTeacher(of.of(epoch), 6);
      expect(same.apply(images, same.rows(places, 20)).dataSync()).toEqual(student.dataSync());
      const three = of.ofTeacher(of.of(epoch), 18);
      const seen = three.apply(larger, three.rows(places, 20));
      const expected = tf.image.resizeNearestNeighbor(student as Tensor4D, [18, 18]);
      expect(seen.dataSync()).toEqual(expected.dataSync());
    }
  });

  it('fill up batches with images as they are', () => {
    const rows = views().ofTeacher(0, 6).rows(Int32Array.of(1), 3).placement.arraySync() as number[][];
    expect(rows.slice(1)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('are other rows of the cache for another view, crop, flip or size of the student', () => {
    const keys = [
      views().ofTeacher(0, 6),
      views().ofTeacher(1, 6),
      views(hashes, { crop: 1 }).ofTeacher(0, 6),
      views(hashes, { flip: false }).ofTeacher(0, 6),
      views(hashes, {}, 8).ofTeacher(0, 6),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(5);
    // Of more views, the first ones are the same.
    expect(views(hashes, {}, 6, 8).ofTeacher(0, 6).key).toBe(keys[0]);
  });
});

describe('checkViews', () => {
  const teacher = (resize: 'squash' | 'crop') => ({ name: 'resnet18', image: { resize } });

  it('refuses views of an augmentation that has none', () => {
    const check = () => checkViews({ crop: 0, flip: false }, { resize: 'squash' }, [teacher('squash')]);
    expect(check).toThrow('views are of the crop and flip of the student, which has neither');
  });

  it('refuses a teacher that sees another part of each image', () => {
    const check = () => checkViews({ crop: 2, flip: true }, { resize: 'squash' }, [teacher('squash'), teacher('crop')]);
    expect(check).toThrow('the teacher resnet18 sees images by resize "crop", the student by "squash"');
    expect(() => checkViews({ crop: 2, flip: true }, { resize: 'crop' }, [teacher('crop')])).not.toThrow();
  });
});
