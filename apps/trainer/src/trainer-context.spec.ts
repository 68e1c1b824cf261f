import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainerEvent } from '#contracts';
import { TrainerContext } from './trainer-context.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'trainer-context-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

function contextOf(checkpoint?: string) {
  const events: TrainerEvent[] = [];
  const task = { folder, cacheFolder: folder, checkpoint };
  const context = new TrainerContext(task, { post: (event) => events.push(event) }, new AbortController().signal);
  return { context, events };
}

const checkpoint = (loss: number) => ({
  state: { weight: { shape: [2], values: new Float32Array([loss, -loss]) } },
  position: { step: 3 },
});

describe('TrainerContext', () => {
  it('writes an artifact before it announces it', async () => {
    const { context, events } = contextOf();
    await context.writeArtifact('model', 'model/weights.safetensors', new Uint8Array([1, 2, 3]));
    expect(await readFile(path.join(folder, 'model', 'weights.safetensors'))).toEqual(Buffer.from([1, 2, 3]));
    const name = 'model/weights.safetensors';
    expect(events).toEqual([{ type: 'artifact', kind: 'model', name, path: name, modifiedAt: expect.any(Number) }]);
  });

  it.each(['../outside', '/etc/passwd', 'a/../../b', '.hidden', ''])(
    'writes nothing under the name %j',
    async (name) => {
      const { context, events } = contextOf();
      await expect(context.writeArtifact('other', name, new Uint8Array())).rejects.toThrow();
      expect(events).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('has no checkpoint in a fresh folder, and afterwards the last one it saved', async () => {
    const { context, events } = contextOf();
    expect(await context.loadCheckpoint()).toBeUndefined();
    await context.saveCheckpoint(checkpoint(1));
    await context.saveCheckpoint(checkpoint(2));
    expect(events.map((event) => event.type === 'artifact' && [event.kind, event.name])).toEqual([
      ['checkpoint', 'checkpoint.safetensors'],
      ['checkpoint', 'checkpoint.safetensors'],
    ]);
    expect(await context.loadCheckpoint()).toEqual(checkpoint(2));
  });

  it('prefers the checkpoint that the parent names', async () => {
    const { context } = contextOf();
    await context.saveCheckpoint(checkpoint(1));
    const earlier = path.join(folder, 'earlier.safetensors');
    await rm(earlier, { force: true });
    await context.writeArtifact(
      'other',
      'earlier.safetensors',
      await readFile(path.join(folder, 'checkpoint.safetensors')),
    );
    await context.saveCheckpoint(checkpoint(5));
    expect(await contextOf(earlier).context.loadCheckpoint()).toEqual(checkpoint(1));
  });

  it('leaves a value out that is no number, and says so once', () => {
    const { context, events } = contextOf();
    context.metrics(7, { 'train.loss': NaN, learningRate: 0.1 });
    context.metrics(8, { 'train.loss': Infinity });
    expect(events.map(({ type }) => type)).toEqual(['log', 'metrics']);
    expect(events[0]).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('train.loss is NaN at step 7') as string,
    });
    expect(events[1]).toMatchObject({ step: 7, values: { learningRate: 0.1 } });
  });

  it('says in the progress what is waited for, for as long as it is', () => {
    const { context, events } = contextOf();
    const progress = { phase: 'teacher', done: 3, total: 9, fraction: 0.1 };
    context.progress(progress);
    context.waitFor('teacher: waiting for run 1');
    context.progress({ ...progress, done: 5 });
    context.waitFor(undefined);
    const phases = events.map((event) => event.type === 'progress' && [event.progress.phase, event.progress.done]);
    expect(phases).toEqual([
      ['teacher', 3],
      ['teacher: waiting for run 1', 3],
      ['teacher: waiting for run 1', 5],
      ['teacher', 5],
    ]);
  });
});
