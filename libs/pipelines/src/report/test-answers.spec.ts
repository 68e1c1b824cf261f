import { describe, expect, it } from 'vitest';
import { rightImages } from '#contracts';
import { testAnswersOf } from './test-answers.js';

describe('testAnswersOf', () => {
  const labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
  const hashes = labels.map((_, index) => `image ${index}`);
  // Right about images 0, 3, 8 and 9: bytes 0b0000_1001 and 0b0000_0011, which are "CQM=" in base64.
  const right = new Set([0, 3, 8, 9]);
  const probabilities = Float32Array.from(
    labels.flatMap((label, index) => (right.has(index) === (label === 0) ? [0.9, 0.1] : [0.1, 0.9])),
  );

  it('writes a bit for each image, which reads back as the image being right or wrong', () => {
    const answers = testAnswersOf(probabilities, labels, hashes);
    expect(answers).toMatchObject({ images: 10, right: 'CQM=' });
    expect([...rightImages(answers)]).toEqual([1, 0, 0, 1, 0, 0, 0, 0, 1, 1]);
  });

  it('has another hash where the images are others, or stand in another order', () => {
    const hashOf = (order: string[]) => testAnswersOf(probabilities, labels, order).imagesHash;
    expect(hashOf(hashes)).toBe(hashOf([...hashes]));
    expect(hashOf([...hashes].reverse())).not.toBe(hashOf(hashes));
  });

  it('is empty without test images', () => {
    expect([...rightImages(testAnswersOf(new Float32Array(0), [], []))]).toEqual([]);
  });
});
