import { describe, expect, it } from 'vitest';
import type { Gpu } from './gpus.js';
import { visibleGpus } from './visible-gpus.js';

const gpu = (uuid: string): Gpu => ({ name: 'A100', uuid, memoryBytes: 4e10, freeBytes: 4e10, driver: '550.54.15' });
const GPUS = [gpu('GPU-aa11'), gpu('GPU-bb22'), gpu('GPU-cc33')];

describe('visibleGpus', () => {
  // CUDA C++ Programming Guide, "CUDA Environment Variables": CUDA_VISIBLE_DEVICES.
  it.each([
    ['all where it is not set', undefined, ['GPU-aa11', 'GPU-bb22', 'GPU-cc33']],
    ['those of the numbers, in their order', '2, 0', ['GPU-cc33', 'GPU-aa11']],
    ['one by the beginning of its UUID', 'GPU-bb', ['GPU-bb22']],
    ['what stands before an entry that is none', '1,7,0', ['GPU-bb22']],
    ['none at -1', '-1', []],
    ['none where it is empty', '', []],
    ['a part of a card under its own name', 'MIG-77', ['MIG-77']],
  ])('gives %s', (_, variable, uuids) => {
    expect(visibleGpus(GPUS, variable).map(({ uuid }) => uuid)).toEqual(uuids);
  });
});
