import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createModel, parseSafetensors, stateDict, type StateDict } from '#models';
import { recording, saveArtifacts, toySpec, type Recording } from '../../../../test/pipelines/toy.js';
import { toyGround, trainTeacher } from '../../../../test/pipelines/toy-ground.js';
import { runPipeline } from '../run-pipeline.js';
import { writeCheckpoint } from '../training/checkpoint-file.js';
import { standardisedHead } from '../training/standardised-head.js';
import { inspectWeights } from './inspect-weights.js';
import { readNetworkFile } from './network-file.js';
import { findWeights, readBareWeights } from './weights.js';

const ground = await toyGround();
const { engine, folder, images, cache } = ground;

describe('a checkpoint as weights', () => {
  let count = 0;
  const written = async (bytes: Uint8Array): Promise<string> => {
    const file = path.join(folder, `checkpoint-${count++}.safetensors`);
    await writeFile(file, bytes);
    return file;
  };
  const ofState = (state: StateDict) => written(writeCheckpoint({ state, position: { step: 3 } }));
  const number = (value: number) => ({ shape: [1], values: Float32Array.of(value) });
  const transfer = async (fields: Record<string, unknown> = {}): Promise<Recording> => {
    const context = recording(cache);
    const spec = toySpec('transfer', images, { backbone: { model: 'small_cnn', weights: 'none' }, ...fields });
    await runPipeline({ engine, spec, seed: 1, context });
    return context;
  };
  const savedIn = (context: Recording) => parseSafetensors(context.artifacts.get('model/weights.safetensors')!).tensors;
  const training = { epochs: 2, batchSize: 8, optimizer: { learningRate: 0.05 } };

  it.each<[string, Record<string, unknown>]>([
    ['the last weights', {}],
    ['their averages', { averageDecay: 0.9 }],
    ['the averages of the best epoch', { averageDecay: 0.9, keep: 'best' }],
    ["AdamW's", { optimizer: { kind: 'adamw', learningRate: 0.01 } }],
  ])('holds what the run has kept: %s', async (_, fields) => {
    const context = await transfer({ training: { ...training, ...fields } });
    const file = await written(context.checkpoints.at(-1)!);
    const { format, tensors } = await readNetworkFile(file);
    expect(format).toBe('checkpoint');
    expect(tensors).toEqual(savedIn(context));
    expect(await inspectWeights(file)).toMatchObject({ format: 'checkpoint', architecture: 'small_cnn', problems: [] });
  });

  it('holds the student of a distillation by hints without its projector', async () => {
    const teacher = await trainTeacher(ground);
    const context = recording(cache);
    const fields = { teacher: { path: teacher }, student: { model: 'small_cnn' }, loss: { kind: 'hint' }, training };
    await runPipeline({ engine, spec: toySpec('distillation', images, fields), seed: 1, context });
    const { tensors } = await readNetworkFile(await written(context.checkpoints.at(-1)!));
    expect(tensors).toEqual(savedIn(context));
  });

  it('gives the best weights before the averages, and these before the last', async () => {
    const state = { 'a.weight': number(1), 'momentum/a.weight': number(9), 'sums/loss': number(9) };
    const averages = { 'average/a.weight': number(2), 'average/hint.weight': number(9) };
    const read = async (state: StateDict) => (await readNetworkFile(await ofState(state))).tensors;
    expect(await read(state)).toEqual({ 'a.weight': number(1) });
    expect(await read({ ...state, ...averages })).toEqual({ 'a.weight': number(2) });
    expect(await read({ ...state, ...averages, 'best/a.weight': number(3) })).toEqual({ 'a.weight': number(3) });
  });

  it('is a backbone: what is frozen stays as the checkpoint has it', async () => {
    const first = await transfer({ training });
    const file = await written(first.checkpoints.at(-1)!);
    const next = await transfer({ backbone: { model: 'small_cnn', weights: file, freeze: true }, training });
    expect(savedIn(next)['conv1.weight']).toEqual(savedIn(first)['conv1.weight']);
    expect(next.lines.join('\n')).toContain(`${file} does not say how images were prepared`);
  });

  it('has its head folded where the training standardised the features', async () => {
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 5 });
    const features = Float32Array.from({ length: 20 * model.featureSize }, (_, at) => ((at * 7919) % 101) / 50 + 3);
    const head = standardisedHead(model, features);
    const file = await ofState({ ...stateDict(model), ...head.kept });
    head.fold();
    expect((await readBareWeights(file, 'small_cnn')).state).toEqual(stateDict(model));
    head.dispose();
    model.dispose();
  });

  it('is of the variant whose weights it has', async () => {
    const model = createModel(engine, 'mobilenet_v2', { classes: 3, seed: 0, variant: 'coco' });
    const file = await ofState(stateDict(model));
    expect(await readBareWeights(file, 'mobilenet_v2')).toMatchObject({ variant: 'coco', networkOutputs: 3 });
    model.dispose();
  });

  it('says where it is of another architecture, and which', async () => {
    const model = createModel(engine, 'small_cnn', { classes: 3, seed: 0 });
    const file = await ofState({ ...stateDict(model), 'sums/loss': number(1) });
    model.dispose();
    const find = findWeights({ model: 'resnet8', weights: file }, { field: 'backbone.weights', baseFolder: folder });
    await expect(find).rejects.toThrow(`the checkpoint ${file}: the weights do not fit resnet8: conv1.weight is`);
    await expect(find).rejects.toMatchObject({
      field: 'backbone.weights',
      remedy: 'They fit small_cnn: name that model.',
    });
  });

  it('is refused where it is damaged, or of a head or a regression alone', async () => {
    const frozen = await transfer({ backbone: { model: 'small_cnn', weights: 'none', freeze: true }, training });
    const file = await written(frozen.checkpoints.at(-1)!);
    await expect(readBareWeights(file, 'small_cnn')).rejects.toThrow(`the checkpoint ${file} holds no whole network`);

    const teacher = await saveArtifacts(await transfer({ training }), path.join(folder, 'of-logistic'));
    const regression = recording(cache);
    const spec = toySpec('logistic', images, { teacher: { path: teacher }, features: 'logits' });
    await runPipeline({ engine, spec, seed: 1, context: regression });
    const ofRegression = await written(regression.checkpoints.at(-1)!);
    await expect(readBareWeights(ofRegression, 'small_cnn')).rejects.toThrow('holds no whole network');

    const damaged = frozen.checkpoints.at(-1)!.slice();
    damaged[damaged.length - 3] ^= 1;
    await expect(readBareWeights(await written(damaged), 'small_cnn')).rejects.toThrow('is damaged');
  });
});
