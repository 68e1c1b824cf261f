import { resolve } from 'node:path';
import { UserError, type InlineTeacherSpec, type LogisticSpec, type Preparation, type TeacherSpec } from '#contracts';
import type { Engine } from '#engine';
import { loadPretrainedClassifier } from '#models';
import { buildClassifier, classifierOf, partsOf } from '../classifier/build-classifier.js';
import type { Classifier } from '../classifier/classifier.js';
import { isModelFolder, openClassifier } from '../classifier/model-folder.js';
import { preparedAs } from '../classifier/preparation.js';
import { findWeights, namingField } from '../classifier/weights.js';
import type { RunContext } from '../run-context.js';

export interface TeacherOptions {
  /** Model folder of a teacher that is a run or a registry entry, found by the parent. */
  teacherFolder?: string;
  baseFolder: string;
  /** Of the run: a teacher that is nothing but pretrained weights looks at images of this size. */
  image: Preparation;
  context: RunContext;
  /** The spec's field that holds the teacher. Default `teacher`. */
  field?: string;
  /** What is learnt becomes a part of the teacher: it must be one that can be written down again. */
  isBuiltOn?: boolean;
}

/**
 * Opens a teacher of the spec.
 * @throws UserError naming the field of the spec that leads to no usable teacher
 */
export async function openTeacher(
  engine: Engine,
  teacher: TeacherSpec | InlineTeacherSpec,
  options: TeacherOptions,
): Promise<Classifier> {
  const { teacherFolder, baseFolder, field: at = 'teacher' } = options;
  if ('model' in teacher) return openWeights(engine, teacher, options);
  const named = (['run', 'registry', 'path'] as const).find((key) => key in teacher);
  const field = named === undefined ? at : `${at}.${named}`;
  const folder = teacherFolder ?? ('path' in teacher ? resolve(baseFolder, teacher.path) : undefined);
  if (folder === undefined) {
    const what = named === undefined ? 'is trained in a run of its own first' : 'names a teacher of the platform';
    throw new UserError(`${field} ${what}, and this run has none at hand`, {
      field,
      remedy: `Submit the experiment to the platform, or give a model folder as ${at}.path.`,
    });
  }
  if (options.isBuiltOn && !(await isModelFolder(folder))) {
    throw new UserError(
      `the teacher in ${folder} is a TensorFlow.js model, which only answers: nothing becomes a part of it`,
      {
        field,
        remedy:
          'Name the model folder of a run, or pretrained weights of an architecture that is known here; or let it teach a distillation.',
      },
    );
  }
  return namingField(field, () => openClassifier(engine, folder));
}

async function openWeights(
  engine: Engine,
  teacher: Extract<TeacherSpec, { model: string }>,
  { baseFolder, image, context, field: at = 'teacher' }: TeacherOptions,
): Promise<Classifier> {
  const field = `${at}.weights`;
  const found = await findWeights(teacher, { field, baseFolder });
  if (found.kind === 'none') {
    throw new UserError('a teacher without trained weights has nothing to teach', {
      field,
      remedy: 'Name pretrained weights, or the path of a model folder.',
    });
  }
  if (found.kind === 'saved') return namingField(field, async () => buildClassifier(engine, found.parts));
  if (found.kind === 'bare') {
    return namingField(field, async () =>
      buildClassifier(engine, { ...found.parts, classNames: [], image, outputs: 'softmax' }),
    );
  }
  const { cacheFolder, weightsMirror: mirror, signal } = context;
  const { model, classNames } = await loadPretrainedClassifier(engine, teacher.model, found.source.name, {
    cacheFolder,
    mirror,
    signal,
  });
  return classifierOf(model, {
    ...partsOf(model),
    classNames,
    image: preparedAs(found.source.preprocessing, image, context),
    outputs: 'softmax',
  });
}

/**
 * A distillation's student imitates the teacher output by output, so both must mean the same by each.
 * @throws UserError that names the first difference
 */
export function checkSameClasses(teacher: Classifier, classes: readonly string[], field = 'teacher'): void {
  const own = teacher.classNames;
  if (own.length === 0) {
    throw new UserError(`the teacher ${teacher.name} is a pretrained backbone and knows no classes`, {
      field,
      remedy: 'Train it on this dataset first (pipeline: transfer or logistic) and name that run as the teacher.',
    });
  }
  const at = classes.findIndex((name, index) => own[index] !== name);
  if (at < 0 && own.length === classes.length) return;
  const remedy = 'Use a teacher that was trained on a dataset with the same class names.';
  if (own.length !== classes.length) {
    throw new UserError(`the teacher knows ${own.length} classes, the dataset has ${classes.length}`, {
      field,
      remedy,
    });
  }
  throw new UserError(`class ${at + 1} is "${own[at]}" for the teacher and "${classes[at]}" in the dataset`, {
    field,
    remedy,
  });
}

/** @throws UserError where the teacher has no outputs that could be features */
export function checkHasFeatures(
  teacher: Classifier,
  { features, outOfFold }: Pick<LogisticSpec, 'features' | 'outOfFold'>,
): void {
  const asked = [features].flat().filter((feature) => feature !== 'penultimate');
  if (asked.length === 0 || outOfFold !== undefined || teacher.logitSize > 0) return;
  throw new UserError(`the teacher ${teacher.name} is a pretrained backbone without outputs of its own`, {
    field: 'features',
    remedy: 'Set features to "penultimate", name a teacher with classes, or set outOfFold for a head of its own.',
  });
}
