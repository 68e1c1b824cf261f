// Makes what both sides work with: a teacher, as a model folder and as PyTorch's weights, and the images, as they are
// stored, in one file. Task: { folder, sizes: { NAME: { images, testImages } } }.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseSpec, PreparationSchema } from '#contracts';
import { openDataset } from '#datasets';
import { cacheFolder, loadEngine } from '#engine';
import { convertWeights, nullRunContext, openClassifier, runPipeline } from '#pipelines';
import { distillationSpec, teacherSpec } from './specs.js';

/** Images of which both sides must say the same. */
const COMPARED = 32;

const { folder, sizes } = JSON.parse(process.argv[2]);
const engine = await loadEngine({ backend: 'tensorflow' });
const { signal } = new AbortController();
const teacherFolder = join(folder, 'teacher');

await runPipeline({
  engine,
  spec: parsed(teacherSpec()),
  seed: 0,
  context: nullRunContext({
    writeArtifact: async (_kind, name, bytes) => {
      const file = join(teacherFolder, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
    },
  }),
});
const model = join(teacherFolder, 'model');
const weights = join(folder, 'teacher.safetensors');
await convertWeights(engine, model, { to: 'torch', out: weights }, { cacheFolder: cacheFolder(), signal });
const teacher = await openClassifier(engine, model);
for (const [name, size] of Object.entries(sizes)) await writeImages(join(folder, name), size);
teacher.dispose();

async function writeImages(place, size) {
  await mkdir(place, { recursive: true });
  const { dataset: spec, image: written } = parsed(distillationSpec({ ...size, epochs: 1, precision: 'float32' }));
  const image = PreparationSchema.parse(written);
  const dataset = await openDataset(spec, image, { cacheFolder: cacheFolder(), seed: 0, signal, log: () => {} });
  const { train, unlabelled, test } = dataset;
  const images = Buffer.concat([await pixelsOf(train), await pixelsOf(unlabelled)]);
  const testImages = await pixelsOf(test);
  await writeFile(join(place, 'train.bin'), images);
  await writeFile(join(place, 'test.bin'), testImages);
  await dataset.close();
  const description = {
    weights,
    size: train.imageSize,
    labels: [...train.labels, ...unlabelled.labels],
    testLabels: [...test.labels],
    student: { mean: image.mean, std: image.std },
    teacher: { mean: teacher.image.mean, std: teacher.image.std },
    teacherLogits: logitsOf(images, Math.min(COMPARED, train.length), train.imageSize),
  };
  await writeFile(join(place, 'data.json'), JSON.stringify(description));
}

async function pixelsOf(split) {
  const pixels = Buffer.alloc(split.length * split.imageSize ** 2 * 3);
  await split.read(
    Array.from({ length: split.length }, (_, index) => index),
    pixels,
  );
  return pixels;
}

function logitsOf(pixels, count, size) {
  const { tf } = engine;
  return tf.tidy(() => {
    const images = tf.tensor4d(Int32Array.from(pixels.subarray(0, count * size * size * 3)), [count, size, size, 3]);
    return teacher.forward(images.toFloat()).logits.arraySync();
  });
}

function parsed(spec) {
  const result = parseSpec(spec);
  if (!result.ok) throw new Error(result.issues.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return result.spec;
}
