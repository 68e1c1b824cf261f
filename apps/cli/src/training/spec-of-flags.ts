import path from 'node:path';
import { parseSpec, type Spec } from '#contracts';
import { UsageError } from '../cli-error.js';

/** The flags of `train` that stand for a spec file. */
export interface SpecFlags {
  pipeline?: string;
  data?: string;
  backbone?: string;
  student?: string;
  teacher?: string;
  weights?: string;
  freeze?: boolean;
  epochs?: number;
  batchSize?: number;
  learningRate?: number;
  size?: number;
  name?: string;
  seed?: number;
}

const FLAG_OF: Record<string, string> = {
  pipeline: '--pipeline',
  'dataset.path': '--data',
  'dataset.name': '--data',
  'backbone.model': '--backbone',
  'backbone.weights': '--weights',
  'student.model': '--student',
  student: '--student',
  teacher: '--teacher',
  'training.epochs': '--epochs',
  'training.batchSize': '--batch-size',
  'training.optimizer.learningRate': '--learning-rate',
  'image.size': '--size',
  name: '--name',
};

/** Builds a spec from flags. An issue names the flag that it comes from. */
export function specOfFlags(flags: SpecFlags, knownDatasets: readonly string[]): Spec {
  if (flags.pipeline === undefined) {
    throw new UsageError(
      'give a spec file, or --pipeline with --data',
      'such as "distillery train examples/transfer.yaml"',
    );
  }
  if (flags.data === undefined) throw new UsageError('--data is missing: a folder of images, or a known dataset');
  const known = knownDatasets.includes(flags.data);
  const settings: [string, unknown][] = [
    ['name', flags.name ?? `${flags.pipeline} ${path.basename(path.resolve(flags.data))}`],
    ['pipeline', flags.pipeline],
    ['dataset', known ? { name: flags.data } : { path: path.resolve(flags.data) }],
    ['backbone', flags.pipeline === 'transfer' ? backbone(flags) : undefined],
    ['student', flags.student === undefined ? undefined : { model: flags.student }],
    ['teacher', teacher(flags)],
    ['image', flags.size === undefined ? undefined : { size: flags.size }],
    ['training', training(flags)],
    ['seeds', flags.seed === undefined ? undefined : [flags.seed]],
  ];
  const parsed = parseSpec(Object.fromEntries(settings.filter(([, value]) => value !== undefined)));
  if (parsed.ok) return parsed.spec;
  const lines = parsed.issues.map(({ path: field, message }) => `${FLAG_OF[field] ?? field}: ${message}`);
  throw new UsageError(lines.join('\n'), 'a spec file can say more: see examples/');
}

function backbone({ backbone: model, weights, freeze }: SpecFlags) {
  // Only mobilenet_v2 comes with pretrained weights; the others begin at random unless a file is named.
  const chosen = model ?? 'mobilenet_v2';
  return { model: chosen, weights: weights ?? (chosen === 'mobilenet_v2' ? undefined : 'none'), freeze };
}

function teacher({ pipeline, teacher: folder, backbone: model, weights }: SpecFlags) {
  if (pipeline === 'transfer') return undefined;
  if (folder !== undefined) return { path: path.resolve(folder) };
  return model === undefined ? undefined : { model, weights: weights ?? 'coco' };
}

function training({ epochs, batchSize, learningRate }: SpecFlags) {
  const optimizer = learningRate === undefined ? undefined : { learningRate };
  return (epochs ?? batchSize ?? learningRate) ? { epochs, batchSize, optimizer } : undefined;
}
