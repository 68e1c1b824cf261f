import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, stateDict, writeModel, type StateDict } from '#models';
import { runPipeline } from '#pipelines';
import { recording, saveArtifacts, temporaryFolder, TOY_SIZE, toySpec, writeToyImages } from './toy.js';

/** What the pipelines of a spec file run with: an engine, and a folder with toy images and a cache. */
export interface ToyGround {
  engine: Engine;
  folder: string;
  images: string;
  cache: string;
}

/** Lays the ground of a spec file, and clears it away after the file's tests: called at the file's top. */
export async function toyGround(): Promise<ToyGround> {
  const engine = await loadEngine();
  const { folder, remove } = await temporaryFolder();
  const images = path.join(folder, 'images');
  afterAll(remove);
  await writeToyImages(images, 24);
  return { engine, folder, images, cache: path.join(folder, 'cache') };
}

/** A model file of small_cnn for two other classes, as if pretrained. */
export async function writePretrained(
  { engine, folder }: ToyGround,
  preprocessing: { mean: readonly number[]; std: readonly number[] } = {
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
): Promise<{ pretrained: string; pretrainedState: StateDict }> {
  const model = createModel(engine, 'small_cnn', { classes: 2, seed: 5 });
  const pretrainedState = stateDict(model);
  const pretrained = path.join(folder, 'pretrained.safetensors');
  const description = { classes: ['a', 'b'], imageSize: TOY_SIZE, resize: 'squash' } as const;
  await writeFile(pretrained, writeModel(model, { ...description, preprocessing: preprocessing as never }));
  model.dispose();
  return { pretrained, pretrainedState };
}

/** Trains small_cnn on the ground's images. @returns the model folder */
export async function trainTeacher({ engine, folder, images, cache }: ToyGround): Promise<string> {
  const context = recording(cache);
  const spec = toySpec('transfer', images, { backbone: { model: 'small_cnn', weights: 'none' } });
  await runPipeline({ engine, spec, seed: 7, context });
  return saveArtifacts(context, path.join(folder, 'teacher'));
}
