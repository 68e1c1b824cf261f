import { stat } from 'node:fs/promises';
import { UserError, type WeightsReport } from '#contracts';
import { architecturesOf, describedModel, fitWeights, type StateDict } from '#models';
import { isModelFolder, readModelFolder } from './model-folder.js';
import { readNetworkFile } from './network-file.js';

/**
 * Says what a file of weights, of any format that is known, or a model folder holds. Needs no engine.
 * @throws UserError where it is no such file
 */
export async function inspectWeights(file: string): Promise<WeightsReport> {
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) throw new UserError(`there is nothing at ${file}`);
  if (info.isDirectory() && (await isModelFolder(file))) {
    const { architecture, variant, networkOutputs, state, classNames, image } = await readModelFolder(file);
    return {
      ...listed(file, state),
      format: 'model-folder',
      architecture,
      variant,
      layout: 'tensorflow',
      outputs: networkOutputs,
      classes: [...classNames],
      image,
    };
  }
  const { format, tensors, metadata } = await readNetworkFile(file);
  const report = { ...listed(file, tensors), format };
  const described = describedModel(metadata);
  const fitting = architecturesOf(tensors);
  const architecture = described?.architecture ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (architecture === undefined) return report;
  const named = { ...report, architecture, ...(described && describedParts(described)) };
  try {
    const { layout, classes } = fitWeights(architecture, tensors, file, described);
    return { ...named, layout, outputs: classes };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...named, problems: [error.message] };
  }
}

function describedParts({ variant, description }: NonNullable<ReturnType<typeof describedModel>>) {
  const { classes, preprocessing, imageSize, resize } = description;
  const { mean, std } = preprocessing;
  const image = { size: imageSize, resize, mean: [...mean], std: [...std] } as NonNullable<WeightsReport['image']>;
  return { variant, classes: [...classes], image };
}

function listed(file: string, tensors: StateDict) {
  const entries = Object.entries(tensors);
  return {
    file,
    tensors: entries.map(([name, { shape }]) => ({ name, shape })),
    numbers: entries.reduce((sum, [, { values }]) => sum + values.length, 0),
    problems: [] as string[],
    assumed: [] as string[],
  };
}
