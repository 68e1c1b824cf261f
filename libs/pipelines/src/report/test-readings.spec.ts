import { expect, it } from 'vitest';
import type { Split } from '#datasets';
import { countedSplit } from './counted-split.js';
import { testReadings } from './test-readings.js';

const images: Split = {
  name: 'test',
  length: 2,
  imageSize: 1,
  labels: Int32Array.of(0, 1),
  hashes: ['a', 'b'],
  read: async () => {},
};
const pass = (split: Split) => split.read(Int32Array.of(0, 1), new Uint8Array(6));

it('says of each reader how often it has read, whatever way it sees the images, and what of it was early', async () => {
  const [test, ofTeacher] = [countedSplit(images), countedSplit(images)];
  await pass(ofTeacher.readBy('teacher.1'));
  const readings = testReadings([test, ofTeacher]);
  expect(readings().testReads).toBe(1);
  await pass(test);
  await pass(test.readBy('teacher.0'));
  await pass(ofTeacher.readBy('teacher.1'));
  expect(readings()).toEqual({
    testReads: 2,
    testReaders: [
      { reader: 'model', reads: 1, early: 0 },
      { reader: 'teacher.0', reads: 1, early: 0 },
      { reader: 'teacher.1', reads: 2, early: 1 },
    ],
  });
});
