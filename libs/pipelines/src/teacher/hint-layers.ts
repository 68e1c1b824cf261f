import { UserError, type DistillationSpec } from '#contracts';
import { normalise } from '#datasets';
import type { Engine, Tensor } from '#engine';
import type { ForwardMode, Model } from '#models';
import { describeModel } from '../classifier/build-classifier.js';
import type { Classifier } from '../classifier/classifier.js';
import { preparationOf } from '../classifier/preparation.js';
import { checkStage, layersAfterStages } from '../classifier/stage-outputs.js';
import type { AskedOutput } from '../outputs/asked-output.js';
import { averagePoolTo } from '../outputs/average-pool-to.js';

/** Hints of more bytes than this are refused: all of them are kept in memory while the student learns. */
const MOST_BYTES = 2 ** 30;

/** What of the student follows what of the teacher. */
export interface HintLayers {
  /** What the teacher is asked for. */
  readonly output: AskedOutput;
  /** Of one image's hint: `[width]`, or of a map `[size, size, channels]`. */
  readonly shape: readonly number[];
  /** Width, or channels, of what the projector takes. */
  readonly inputs: number;
  /**
   * What the projector takes.
   * @param images as the student takes them
   * @returns logits, features, and the layer that follows: `[batch, inputs]`, or of a map `[batch, size, size, inputs]`
   */
  look(images: Tensor, mode: ForwardMode): { logits: Tensor; features: Tensor; layer: Tensor };
}

/**
 * The penultimate layers, or the outputs of the stages that the loss names, averaged to the size of the smaller one, or to
 * `hintSize`.
 * @param images how many the teacher is asked about
 * @throws UserError naming the field: a stage that there is not, maps whose places do not show the same, or too many bytes
 */
export function hintLayers(
  engine: Engine,
  { loss, image, training, views }: Pick<DistillationSpec, 'loss' | 'image' | 'training' | 'views'>,
  teacher: Classifier,
  student: Model,
  images: number,
): HintLayers | undefined {
  if (loss.kind !== 'hint') return undefined;
  const { studentLayer, teacherLayer, hintSize } = loss;
  if (studentLayer === undefined || teacherLayer === undefined) {
    return {
      output: 'features',
      shape: [teacher.featureSize],
      inputs: student.featureSize,
      look: (images, mode) => {
        const { logits, features } = student.forward(images, mode);
        return { logits, features, layer: features };
      },
    };
  }
  const after = layersAfterStages(student);
  checkStage(teacherLayer, teacher.stages, `the teacher ${teacher.name}`, 'loss.teacherLayer');
  checkStage(studentLayer, [...after.keys()], `the student ${describeModel(student)}`, 'loss.studentLayer');
  const watched = after.get(studentLayer);
  const ofStudent = shapeOf(engine, image.size, (zeros) =>
    student.forward(normalise(engine, zeros, preparationOf(image)), 'inference', watched),
  );
  const ofTeacher = shapeOf(engine, teacher.image.size, (zeros) => ({ input: teacher.map(zeros, teacherLayer) }));
  const size = sizeOf(hintSize, ofStudent.size, ofTeacher.size);
  if (size > 1) checkSamePlaces({ image, training, views }, teacher);
  checkBytes(images * Math.max(1, views), size, ofTeacher.channels);
  return {
    output: { stage: teacherLayer, size, channels: ofTeacher.channels },
    shape: [size, size, ofTeacher.channels],
    inputs: ofStudent.channels,
    look: (images, mode) => {
      const { logits, features, input } = student.forward(images, mode, watched);
      return { logits, features, layer: averagePoolTo(engine, input!, size) };
    },
  };
}

function shapeOf(
  { tf }: Engine,
  imageSize: number,
  look: (zeros: Tensor) => { input?: Tensor },
): { size: number; channels: number } {
  return tf.tidy(() => {
    const [, size, , channels] = look(tf.zeros([1, imageSize, imageSize, 3])).input!.shape;
    return { size, channels };
  });
}

function sizeOf(asked: number | undefined, student: number, teacher: number): number {
  const smaller = Math.min(student, teacher);
  if (asked === undefined || asked <= smaller) return asked ?? smaller;
  throw new UserError(
    `the maps are ${student}×${student} for the student and ${teacher}×${teacher} for the teacher, and are averaged, not enlarged`,
    { field: 'loss.hintSize', remedy: `Set it to ${smaller} at most, or leave it out.` },
  );
}

/** A map says what is where: student and teacher must see the same part of an image at the same place. */
function checkSamePlaces(
  { image, training, views }: Pick<DistillationSpec, 'image' | 'training' | 'views'>,
  teacher: Classifier,
): void {
  const { crop, flip, randAugment } = training.augmentation;
  const elsewhere = 'or set loss.hintSize to 1, which compares what is seen and not where.';
  if (teacher.image.resize !== image.resize) {
    throw new UserError(
      `the teacher ${teacher.name} sees images by resize "${teacher.image.resize}", the student by "${image.resize}": their maps show different parts`,
      { field: 'image.resize', remedy: `Set it to "${teacher.image.resize}", ${elsewhere}` },
    );
  }
  if (randAugment !== undefined) {
    throw new UserError('RandAugment moves what the student sees, and the teacher sees each image as it is', {
      field: 'training.augmentation.randAugment',
      remedy: `Leave it out, ${elsewhere}`,
    });
  }
  if ((crop > 0 || flip) && views === 0) {
    throw new UserError(
      'the student sees images mirrored or cropped, and the teacher, whose map it follows, as they are',
      {
        field: 'views',
        remedy: `Set views to 4, say, switch training.augmentation.flip and crop off, ${elsewhere}`,
      },
    );
  }
}

function checkBytes(images: number, size: number, channels: number): void {
  const bytesAt = (side: number) => images * side ** 2 * channels * Float32Array.BYTES_PER_ELEMENT;
  if (bytesAt(size) <= MOST_BYTES) return;
  const smaller = Math.floor(Math.sqrt(MOST_BYTES / bytesAt(1)));
  const advice = smaller >= 1 ? `Set loss.hintSize to ${smaller} (${mebibytes(bytesAt(smaller))}), or name` : 'Name';
  throw new UserError(
    `the hints are ${mebibytes(bytesAt(size))}, of which ${mebibytes(MOST_BYTES)} can be kept: ${images} looks at an image × ${size} × ${size} places × ${channels} channels × 4 bytes`,
    { field: 'loss.teacherLayer', remedy: `${advice} a later layer, or ask for fewer images or views.` },
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
