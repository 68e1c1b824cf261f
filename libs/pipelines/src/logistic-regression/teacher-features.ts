import type { LogisticSpec } from '#contracts';
import { UserError } from '#contracts';
import type { Dataset } from '#datasets';
import type { Classifier, ClassifierParts } from '../classifier/classifier.js';
import { cachedOutputs } from '../outputs/cached-outputs.js';
import type { PipelineRun } from '../pipeline.js';
import { stayResponsive } from '../stay-responsive.js';
import { featureMatrix, featureParts, type FeaturePart } from './feature-parts.js';
import { joined } from './joined.js';
import { applyLinearMap, fitLogisticRegression, type LinearMap } from './logistic-regression.js';
import { outOfFoldLogits } from './out-of-fold.js';
import { foldStandardisation, measure, standardise } from './standardisation.js';

/** λ of the heads that outputs out of fold come of, as of the head that fine-tuning starts from. */
const HEAD_LAMBDA = 0.01;

/** A teacher's feature vectors, `[images, width]` each. */
export interface TeacherFeatures {
  readonly parts: readonly FeaturePart[];
  /** To fit to, and to choose among the fits by. */
  forChoosing(): Promise<{ train: Float32Array; validation: Float32Array }>;
  /** Of the training and then the validation images, to fit the final map to; and the network whose outputs they are. */
  forFinalFit(): Promise<{ all: Float32Array; network: ClassifierParts }>;
}

/**
 * What of a teacher a logistic regression is fitted to. With `outOfFold` it is that of a teacher whose head is new: a
 * multinomial logistic regression (λ 0.01) on the penultimate layer, and the outputs of the images that are fitted to come
 * of heads that have not seen them. The network of the final fit has the head that was fitted to all of them.
 * @throws UserError where the teacher has no linear head to fit anew
 */
export async function teacherFeatures(
  { engine, spec, seed, context }: Pick<PipelineRun<LogisticSpec>, 'engine' | 'spec' | 'seed' | 'context'>,
  teacher: Classifier,
  { train, validation, classes }: Pick<Dataset, 'train' | 'validation' | 'classes'>,
  onProgress: (done: number) => void,
): Promise<TeacherFeatures> {
  const { outOfFold: folds } = spec;
  const kinds = [spec.features].flat();
  let looked = 0;
  const outputsOf = async (name: 'logits' | 'features') => {
    const found: Float32Array[] = [];
    for (const split of [train, validation]) {
      found.push(
        await cachedOutputs(engine, teacher, name, split, context, (done) =>
          onProgress(Math.min(looked + done, train.length + validation.length)),
        ),
      );
      looked += split.length;
    }
    return found;
  };
  const counts = [train.length, validation.length];
  if (folds === undefined || !kinds.some((kind) => kind !== 'penultimate')) {
    const logits = kinds.some((kind) => kind !== 'penultimate') ? await outputsOf('logits') : [];
    const penultimate = kinds.includes('penultimate') ? await outputsOf('features') : [];
    const parts = featureParts(spec.features, teacher);
    const [ofTrain, ofValidation] = counts.map((count, index) =>
      featureMatrix(parts, count, { logits: logits[index], penultimate: penultimate[index] }),
    );
    return {
      parts,
      forChoosing: async () => ({ train: ofTrain, validation: ofValidation }),
      forFinalFit: async () => ({ all: joined(Float32Array, ofTrain, ofValidation), network: teacher.parts }),
    };
  }

  if (teacher.parts.sigmoidLayers.length > 0) {
    throw new UserError(
      `the teacher ${teacher.name} is a logistic model on a sigmoid, whose head cannot be fitted anew`,
      {
        field: 'outOfFold',
        remedy: 'Leave outOfFold out, or name the teacher that this one was fitted to.',
      },
    );
  }
  const [ofTrain, ofValidation] = await outputsOf('features');
  const parts = featureParts(spec.features, { featureSize: teacher.featureSize, logitSize: classes.length });
  const fitHead = (features: Float32Array, labels: Int32Array): Promise<LinearMap> =>
    fitLogisticRegression(engine, features, labels, classes.length, {
      loss: 'multinomial',
      regularization: { kind: 'l2', lambda: HEAD_LAMBDA },
      onIteration: () => stayResponsive(context.signal),
    });
  /** Outputs for these images, out of fold, and the head that was fitted to all of them. */
  const headOn = async (features: Float32Array, labels: Int32Array) => {
    const standardisation = measure(features, teacher.featureSize);
    const x = standardise(features, standardisation);
    const logits = await outOfFoldLogits(x, labels, { classes: classes.length, folds, seed }, fitHead);
    return { logits, standardisation, head: await fitHead(x, labels) };
  };
  return {
    parts,
    forChoosing: async () => {
      const { logits, standardisation, head } = await headOn(ofTrain, train.labels);
      const ofNew = applyLinearMap(standardise(ofValidation, standardisation), head);
      return {
        train: featureMatrix(parts, train.length, { logits, penultimate: ofTrain }),
        validation: featureMatrix(parts, validation.length, { logits: ofNew, penultimate: ofValidation }),
      };
    },
    forFinalFit: async () => {
      const penultimate = joined(Float32Array, ofTrain, ofValidation);
      const labels = joined(Int32Array, train.labels, validation.labels);
      const { logits, standardisation, head } = await headOn(penultimate, labels);
      const all = featureMatrix(parts, labels.length, { logits, penultimate });
      return { all, network: withHead(teacher, classes, foldStandardisation(head, standardisation)) };
    },
  };
}

/** The teacher with another head. */
function withHead(
  { parts, head: [weightName, biasName], featureSize }: Classifier,
  classes: readonly string[],
  { weight, bias }: { weight: Float32Array; bias: Float32Array },
): ClassifierParts {
  return {
    ...parts,
    networkOutputs: classes.length,
    classNames: classes,
    outputs: 'softmax',
    state: {
      ...parts.state,
      [weightName]: { shape: [featureSize, classes.length], values: weight },
      [biasName]: { shape: [classes.length], values: bias },
    },
  };
}
