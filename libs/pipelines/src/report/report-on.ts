import { ReportSchema, type Evaluation, type Mistake, type Report, type Spec } from '#contracts';
import type { Dataset } from '#datasets';
import type { Classifier } from '../classifier/classifier.js';
import { asSoftmaxLogits, probabilitiesOf } from '../classifier/probabilities.js';
import type { PipelineRun } from '../pipeline.js';
import type { Phase, ProgressMeter } from '../progress-meter.js';
import type { RunDataset } from '../run-dataset.js';
import { agreementOf } from './agreement.js';
import type { CountedSplit } from './counted-split.js';
import { evaluate } from './evaluation.js';
import { reportPage } from './html/report-page.js';
import { thumbnailsOf } from './html/thumbnails.js';
import { imagesToLookAt, timedParts, type EarlierTemperature } from './report-parts.js';
import { reportProgram } from './report-program.js';
import type { Score } from './score.js';
import { testAnswersOf } from './test-answers.js';
import { testPass, type SeenMistake } from './test-pass.js';
import { testReadings } from './test-readings.js';

/** A teacher as its student's report needs it. */
export interface ReportedTeacher {
  /** In words. */
  name: string;
  /** A teacher of the dataset's classes that sees the same stored images: it looks at the test images beside its student. */
  classifier?: Classifier;
  /** Or, where it sees them its own way: its logits of the test images, `[images, classes]` of a softmax, asked for after the test. */
  logits?(): Promise<Float32Array>;
  /** Where it does: the test images in its way. */
  tests?: readonly CountedSplit[];
}

/** What a pipeline knows when its model is finished. */
export interface Findings {
  dataset: RunDataset;
  classifier: Classifier;
  /** Bytes of the weights file. */
  modelBytes: number;
  /** Has the phases `test` and then `reportPhase`. */
  meter: ProgressMeter;
  /** Milliseconds that the run has taken, earlier attempts included. */
  elapsedMs(): number;
  validation?: Score;
  /**
   * Where the finished model has trained on the validation images too: the temperature that was found before. Default: it
   * is fitted here, to what the finished model says of the validation images.
   */
  earlierTemperature?: EarlierTemperature;
  teacher?: ReportedTeacher;
  chosen?: Report['chosen'];
  imagesPerSecond?: number;
}

/**
 * The last phase of a pipeline: what is looked into beyond the test.
 * @param fitsTemperature false where the pipeline finds its temperature before
 */
export function reportPhase(spec: Pick<Spec, 'report'>, dataset: Dataset, fitsTemperature = true): Phase {
  return { name: 'report', total: imagesToLookAt(spec, dataset, fitsTemperature), cost: 1, images: 1 };
}

/**
 * Tests a finished model on the test split, which is read from here on and not before, and looks into what the test alone
 * does not say, as `spec.report` asks for and within its time. Writes `report.html`.
 * @returns what is found, in the form of `report.json`
 * @throws the abort signal's reason
 */
export async function reportOn(run: PipelineRun, findings: Findings): Promise<Report> {
  const { engine, spec, seed, context, record } = run;
  const { dataset, classifier, meter, modelBytes, validation, teacher } = findings;
  const { test: split, classes } = dataset;
  const { attacks, corruptions, mistakes: mostMistakes } = spec.report;
  const readings = testReadings([split, ...(teacher?.tests ?? [])]);
  const program = reportProgram(engine, classifier, split.imageSize, teacher?.classifier);
  try {
    meter.begin('test');
    const pass = await testPass(program, classifier, split, teacher?.classifier?.logitSize, {
      signal: context.signal,
      seed,
      sampleSize: Math.max(attacks.images, corruptions.images),
      mistakes: mostMistakes,
      onProgress: (done) => meter.advance(done),
    });
    const probabilities = probabilitiesOf(pass.logits, classifier.logitSize, classifier.outputs);
    const test = evaluate(probabilities, split.labels, classes);
    const ofTeacher = await teacherOf(teacher, pass.teacherLogits, classes);
    const durationMs = findings.elapsedMs();

    meter.begin('report');
    let looked = 0;
    const parts = await timedParts({
      ...{ engine, program, spec, seed, context, dataset, classifier, pass, test, modelBytes, durationMs, validation },
      earlierTemperature: findings.earlierTemperature,
      onProgress: (images) => meter.advance((looked += images)),
    });
    meter.advance(imagesToLookAt(spec, dataset, findings.earlierTemperature === undefined));
    const { skipped, ...found } = parts;
    const report = ReportSchema.parse({
      pipeline: spec.pipeline,
      name: spec.name,
      seed,
      classes: [...classes],
      dataset: {
        contentHash: dataset.contentHash,
        train: dataset.train.length,
        validation: dataset.validation.length,
        test: split.length,
        unlabelled: dataset.unlabelled.length,
        unreadable: [...dataset.unreadable],
      },
      model: { name: classifier.name, parameters: classifier.parameters, bytes: modelBytes },
      engine: { backend: engine.backend, version: engine.version, threads: engine.threads },
      validation,
      test,
      testAnswers: testAnswersOf(probabilities, split.labels, split.hashes),
      ...readings(),
      ...found,
      ...comparedWith(ofTeacher, teacher, probabilities, test, split.labels, classes),
      teacherCache: context.cacheUse?.report(),
      mistakes: pass.mistakes.map((mistake) => named(mistake, dataset)),
      skipped,
      warnings: [...record.warnings],
      chosen: findings.chosen,
      durationMs,
      imagesPerSecond: findings.imagesPerSecond,
    });
    const page = reportPage(report, {
      curves: record.curves,
      thumbnails: await thumbnailsOf(pass.mistakes, split.imageSize),
    });
    await context.writeArtifact('report', 'report.html', Buffer.from(page));
    return report;
  } finally {
    program.dispose();
  }
}

/** The teacher's probabilities of the test images, `[images, classes]`; `undefined` where it has none to compare. */
async function teacherOf(
  teacher: ReportedTeacher | undefined,
  logits: Float32Array | undefined,
  classes: readonly string[],
): Promise<Float32Array | undefined> {
  if (teacher?.classifier !== undefined && logits !== undefined) {
    return probabilitiesOf(asSoftmaxLogits(logits, teacher.classifier.outputs), classes.length, 'softmax');
  }
  const own = await teacher?.logits?.();
  return own === undefined ? undefined : probabilitiesOf(own, classes.length, 'softmax');
}

function comparedWith(
  ofTeacher: Float32Array | undefined,
  teacher: ReportedTeacher | undefined,
  student: Float32Array,
  test: Evaluation,
  labels: Int32Array,
  classes: readonly string[],
): Pick<Report, 'teacher' | 'agreement'> {
  if (teacher === undefined) return {};
  if (ofTeacher === undefined || test.images === 0) return { teacher: { name: teacher.name } };
  const testTop1 = evaluate(ofTeacher, labels, classes).top1;
  return { teacher: { name: teacher.name, testTop1 }, agreement: agreementOf(ofTeacher, student, labels, classes) };
}

function named({ index, label, prediction, confidence, labelProbability }: SeenMistake, dataset: Dataset): Mistake {
  const { classes, test } = dataset;
  const hash = test.hashes[index];
  return { index, hash, label: classes[label], prediction: classes[prediction], confidence, labelProbability };
}
