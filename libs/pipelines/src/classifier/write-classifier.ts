import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError, type ModelFormat } from '#contracts';
import { captureGraph, type CapturedGraph, type Engine } from '#engine';
import { modelMetadata, TFJS_MODEL_FILE, writeModelWeights, type ModelDescription } from '#models';
import type { Classifier } from './classifier.js';
import { writeModelFolder } from './model-folder.js';

/** One file, or several by name, below a folder. */
type Written = Uint8Array | Readonly<Record<string, Uint8Array>>;

const SAVED_MODEL_FILE = 'saved_model.pb';
const TFJS_WEIGHTS_FILE = 'weights.bin';
/** The folder of a SavedModel that is for what TensorFlow does not know of. */
const EXTRA = 'assets.extra';

/**
 * Writes a classifier for other programs, whole or not at all: `safetensors` and `torch` are one file, of weights in
 * TensorFlow's or PyTorch's layout with a description in its metadata; `model-folder` is what every command of ours opens;
 * `tfjs` and `saved-model` are graphs that take pixels `[batch, size, size, 3]` of 0 to 255 under the name `images`, prepare
 * them, and give `logits` and `probabilities`.
 * @throws UserError where the format cannot hold the model
 */
export async function writeClassifier(
  engine: Engine,
  classifier: Classifier,
  { to, out }: { to: ModelFormat; out: string },
): Promise<void> {
  const written = await filesOf(engine, classifier, to);
  await mkdir(dirname(out), { recursive: true });
  const unfinished = join(dirname(out), `.${basename(out)}.${process.pid}.unfinished`);
  try {
    if (written instanceof Uint8Array) await writeFile(unfinished, written);
    else {
      for (const [name, bytes] of Object.entries(written)) {
        await mkdir(dirname(join(unfinished, name)), { recursive: true });
        await writeFile(join(unfinished, name), bytes);
      }
    }
    await rename(unfinished, out);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function filesOf(engine: Engine, classifier: Classifier, to: ModelFormat): Promise<Written> {
  switch (to) {
    case 'model-folder': {
      const files: Record<string, Uint8Array> = {};
      await writeModelFolder(
        { writeArtifact: async (_kind, name, bytes) => void (files[basename(name)] = bytes) },
        classifier,
      );
      return files;
    }
    case 'safetensors':
      return weightsAlone(classifier, 'tensorflow');
    case 'torch':
      return weightsAlone(classifier, 'torch');
    case 'tfjs': {
      const { weightData, weightSpecs, ...graph } = graphOf(engine, classifier).graphModel();
      const model = {
        format: 'graph-model',
        generatedBy: 'distillery',
        convertedBy: null,
        ...graph,
        weightsManifest: [{ paths: [TFJS_WEIGHTS_FILE], weights: weightSpecs }],
        userDefinedMetadata: metadataOf(classifier),
      };
      return { [TFJS_MODEL_FILE]: Buffer.from(JSON.stringify(model)), [TFJS_WEIGHTS_FILE]: weightData };
    }
    case 'saved-model':
      return {
        [SAVED_MODEL_FILE]: graphOf(engine, classifier).savedModel(),
        [`${EXTRA}/distillery.json`]: Buffer.from(`${JSON.stringify(metadataOf(classifier), null, 2)}\n`),
      };
  }
}

function weightsAlone({ parts }: Classifier, layout: 'torch' | 'tensorflow'): Uint8Array {
  const { architecture, variant, networkOutputs: classes, state } = parts;
  if (parts.sigmoidLayers.length > 0) {
    throw new UserError('this model has layers on the sigmoid of its network, which a file of weights cannot say', {
      field: 'to',
      remedy: 'Write it as a model-folder, or as a graph: tfjs or saved-model.',
    });
  }
  return writeModelWeights({ architecture, variant, classes, state }, descriptionOf(parts), { layout });
}

function graphOf(engine: Engine, classifier: Classifier): CapturedGraph {
  if (engine.backend !== 'tensorflow') {
    throw new UserError(`a graph can be written by the engine TensorFlow alone, and here runs ${engine.backend}`, {
      field: 'to',
      remedy: 'Install it with "distillery engine install", or write a safetensors file.',
    });
  }
  const { size } = classifier.image;
  const { tf } = engine;
  return captureGraph(engine, {
    constants: classifier.variables,
    input: { name: 'images', shape: [null, size, size, 3] },
    run: (images) => {
      const { logits } = classifier.forward(images);
      return { logits, probabilities: classifier.outputs === 'softmax' ? tf.softmax(logits) : tf.sigmoid(logits) };
    },
  });
}

function descriptionOf({ classNames, image, outputs }: Classifier['parts']): ModelDescription {
  const { mean, std, size, resize } = image;
  return { classes: classNames, preprocessing: { mean, std }, imageSize: size, resize, outputs };
}

/** What a graph cannot say of itself. */
function metadataOf({ parts }: Classifier): Record<string, string> {
  const { architecture, variant, sigmoidLayers } = parts;
  return {
    ...modelMetadata({ architecture, variant, layout: 'tensorflow' }, descriptionOf(parts)),
    ...(sigmoidLayers.length > 0 ? { sigmoidLayers: String(sigmoidLayers.length) } : {}),
  };
}
