import { createHash } from 'node:crypto';
import { UserError } from '#contracts';
import { normalise } from '#datasets';
import type { Engine, Tensor } from '#engine';
import { readTfjsModel, type TfjsModel } from '#models';
import type { Classifier } from './classifier.js';
import type { OutputKind } from './probabilities.js';
import { describeTfjsModel, type TfjsDescription } from './tfjs-description.js';
import { loadTfjsNetwork } from './tfjs-network.js';

/**
 * Opens any TensorFlow.js model, graph or layers, that maps images to classes: to look at images and to teach. It is run
 * as it is, so that no pipeline can train it further or build a model on top of it. One that was written here says what its
 * outputs mean; one from elsewhere needs a `distillery.json` beside it: `{ "classes": […], "image": { … } }`.
 * @throws UserError where that is missing or does not fit the model, or the model does something else
 */
export async function openTfjsClassifier(engine: Engine, folder: string): Promise<Classifier> {
  const { tf } = engine;
  const model = await readTfjsModel(folder);
  const description = await describeTfjsModel(folder, model);
  const { classes: classNames, image } = description;
  const network = await loadTfjsNetwork(engine, folder, model, description);
  const outputs: OutputKind = description.outputs ?? network.outputs;
  const forward = (images: Tensor) => tf.tidy(() => network.run(normalise(engine, images, image)));
  return {
    name: `the TensorFlow.js model in ${folder}`,
    classNames,
    image,
    outputs,
    parameters: model.artifacts.weightSpecs
      .filter(({ dtype }) => dtype === 'float32')
      .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    featureSize: network.featureSize,
    logitSize: classNames.length,
    fingerprint: fingerprintOf(model, description),
    get parts(): never {
      throw new UserError(`no model can be built on top of a TensorFlow.js model (${folder}): it only answers`, {
        remedy: 'Use it as the teacher of a distillation, or take an architecture that is known here.',
      });
    },
    head: [],
    variables: network.variables,
    forward,
    stages: [],
    map: (_images, stage) => {
      throw new Error(`no stage of a TensorFlow.js model is known, also not ${stage}`);
    },
    multiplyAdds: () => network.multiplyAdds,
    dispose: () => network.dispose(),
  };
}

function fingerprintOf({ artifacts }: TfjsModel, description: TfjsDescription): string {
  const text = JSON.stringify([artifacts.modelTopology, artifacts.weightSpecs, description]);
  return createHash('sha256').update(text).update(artifacts.weightData).digest('hex');
}
