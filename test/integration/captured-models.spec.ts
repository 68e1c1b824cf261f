import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPrograms, testTensorflow } from '../services/test-services.js';

// Captured against eager steps are compared beside each architecture; here is what one process cannot show.
const tensorflow = await testTensorflow();
let folder: string;
beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(join(tmpdir(), 'distillery-exact-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Training {
  model: string;
  variant?: string;
  size: number;
  batch: number;
  /** Default: `sgd`. */
  optimizer?: 'adamw' | 'lars';
}
interface Checkpoint {
  step: number;
  file: string;
}

/** @returns SHA-256 of all state by step */
async function train(training: Training, to: Checkpoint[], from?: Checkpoint): Promise<Record<string, string>> {
  const program = resolve(import.meta.dirname, '../processes/train-steps.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify({ ...training, from, to })]);
  return JSON.parse(stdout) as Record<string, string>;
}

describe.skipIf(tensorflow === undefined)('captured training', () => {
  it.each<Training>([
    { model: 'small_cnn', size: 16, batch: 16 },
    { model: 'small_cnn', size: 16, batch: 16, optimizer: 'adamw' },
    { model: 'small_cnn', size: 16, batch: 16, optimizer: 'lars' },
    { model: 'resnet20', size: 16, batch: 16 },
    { model: 'wrn_16_2', size: 16, batch: 8 },
    { model: 'resnet18', size: 32, batch: 4 },
    { model: 'resnet50', size: 32, batch: 4 },
    { model: 'mobilenet_v2', size: 32, batch: 8 },
    { model: 'mobilenet_v2', variant: 'coco', size: 32, batch: 8 },
    { model: 'mobilenet_v3_small', size: 32, batch: 8 },
    { model: 'shufflenet_v2', size: 32, batch: 8 },
    { model: 'inception_v3', size: 75, batch: 4 },
  ])(
    'has the same bits after 30 steps as after 10, a checkpoint and 20 more in a new process: %o',
    async (training) => {
      const [middle, end, other] = [
        { step: 10, file: join(folder, 'middle') },
        { step: 30, file: join(folder, 'end') },
        { step: 30, file: join(folder, 'other') },
      ];
      const straight = await train(training, [middle, end]);
      const resumed = await train(training, [other], middle);
      expect(resumed[30]).toMatch(/^[0-9a-f]{64}$/);
      expect(resumed[30]).toBe(straight[30]);
      expect(straight[10]).not.toBe(straight[30]);
    },
    600_000,
  );

  it('has the same bits in two processes', async () => {
    const training = { model: 'resnet20', size: 16, batch: 16 };
    const to = [{ step: 20, file: join(folder, 'one') }];
    const [one, other] = [await train(training, to), await train(training, to)];
    expect(one).toEqual(other);
  }, 600_000);
});
