import { ReportSchema, type Evaluation, type Report, type Spec } from '#contracts';
import type { Engine } from '#engine';
import type { Dataset, Split } from '#datasets';
import type { Classifier } from './classifier.js';
import { evaluate } from './evaluation.js';
import { imageOutputs, type LookOptions } from './image-outputs.js';
import { probabilitiesOf, type OutputKind } from './probabilities.js';
import type { Score } from './training-task.js';

/** Looks at every image of the test split, once; the teacher, where it sees the same images, at the same time. */
export async function testClassifier(
  engine: Engine,
  classifier: Classifier,
  test: Split,
  options: LookOptions,
  teacher?: Classifier,
): Promise<{ test: Evaluation; teacherTop1?: number }> {
  const found = await imageOutputs(
    engine,
    test,
    (images) => ({
      own: classifier.forward(images).logits,
      ...(teacher === undefined ? {} : { teacher: teacher.forward(images).logits }),
    }),
    { ...prefixed('own', classifier), ...(teacher === undefined ? {} : prefixed('teacher', teacher)) },
    options,
  );
  const evaluationOf = ({ logitSize, outputs }: Classifier, logits: Float32Array = new Float32Array(0)) =>
    evaluate(probabilitiesOf(logits, logitSize, outputs), test.labels, classifier.classNames);
  return {
    test: evaluationOf(classifier, found.own),
    teacherTop1: teacher === undefined ? undefined : evaluationOf(teacher, found.teacher).top1,
  };
}

function prefixed(prefix: string, { variables }: Classifier): Classifier['variables'] {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`${prefix}/${name}`, variable]));
}

/** Top-1 and cross-entropy of logits; `undefined` without images. */
export function scoreOf(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classNames: readonly string[],
  outputs: OutputKind,
): Score | undefined {
  if (labels.length === 0) return undefined;
  const { top1, loss } = evaluate(probabilitiesOf(logits, classNames.length, outputs), labels, classNames);
  return { top1, loss };
}

export interface Findings {
  spec: Spec;
  seed: number;
  engine: Engine;
  dataset: Dataset;
  classifier: Classifier;
  /** Bytes of the weights file. */
  modelBytes: number;
  validation?: Score;
  test: Evaluation;
  teacher?: Report['teacher'];
  chosen?: Report['chosen'];
  durationMs: number;
  imagesPerSecond?: number;
}

/** What is found, in the form of `report.json`. */
export function reportOf(findings: Findings): Report {
  const { spec, seed, engine, dataset, classifier, modelBytes, validation, test } = findings;
  const { teacher, chosen, durationMs, imagesPerSecond } = findings;
  return ReportSchema.parse({
    pipeline: spec.pipeline,
    name: spec.name,
    seed,
    classes: [...dataset.classes],
    dataset: {
      contentHash: dataset.contentHash,
      train: dataset.train.length,
      validation: dataset.validation.length,
      test: dataset.test.length,
      unlabelled: dataset.unlabelled.length,
      unreadable: [...dataset.unreadable],
    },
    model: { name: classifier.name, parameters: classifier.parameters, bytes: modelBytes },
    engine: { backend: engine.backend, version: engine.version, threads: engine.threads },
    validation,
    test,
    teacher,
    chosen,
    durationMs,
    imagesPerSecond,
  });
}
