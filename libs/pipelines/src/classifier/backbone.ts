import type { Preparation, TransferSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { createModel, loadPretrained, loadStateDict, newHead, type Model } from '#models';
import type { RunContext } from '../run-context.js';
import { checkPreparation, preparationOf, preparedAs } from './preparation.js';
import { findWeights, namingField } from './weights.js';

/** A network whose head is new, with the means to make it as often as it is needed. */
export interface Backbone {
  readonly pretrained: boolean;
  /**
   * Batch normalisation was folded into its convolutions: to be calibrated before it is fine-tuned, and started with a
   * head that fits, since its large features throw a random head, and then the backbone, about.
   */
  readonly folded: boolean;
  /** The spec's size and way of resizing, the mean and deviation that the weights were trained with. */
  readonly image: Preparation;
  /** @param calibrationImages about 1,000 prepared training images, where batch normalisation is to be calibrated */
  load(classes: number, calibrationImages?: () => AsyncIterable<Tensor>): Promise<Model>;
}

/** @throws UserError naming `backbone.weights`, or the part of `image` that contradicts them */
export async function findBackbone(
  engine: Engine,
  spec: Pick<TransferSpec, 'backbone' | 'image'>,
  { seed, baseFolder, context }: { seed: number; baseFolder: string; context: RunContext },
): Promise<Backbone> {
  const { backbone } = spec;
  const image = preparationOf(spec.image);
  const field = 'backbone.weights';
  const found = await findWeights(backbone, { field, baseFolder });
  switch (found.kind) {
    case 'none':
      return {
        pretrained: false,
        folded: false,
        image,
        load: async (classes) => createModel(engine, backbone.model, { classes, seed }),
      };
    case 'named':
      checkPreparation(spec.image, found.source.preprocessing, `the weights ${found.source.name}`);
      return {
        pretrained: true,
        folded: found.source.folded,
        image: preparedAs(found.source.preprocessing, image, context),
        load: (classes, calibrationImages) =>
          loadPretrained(engine, backbone.model, found.source.name, {
            classes,
            seed,
            cacheFolder: context.cacheFolder,
            mirror: context.weightsMirror,
            signal: context.signal,
            calibrationImages,
            onProgress: ({ phase }) => {
              if (phase === 'download') context.log('info', `Fetching the weights ${found.source.name} (once)`);
            },
          }),
      };
    case 'saved':
    case 'bare': {
      const { architecture, variant, networkOutputs, state } = found.parts;
      if (found.kind === 'bare') {
        context.log('info', `${found.path} does not say how images were prepared: mean and deviation are the spec's`);
      } else {
        const { mean, std } = found.parts.image;
        checkPreparation(spec.image, { mean, std }, `the weights in ${found.path}`);
      }
      return {
        pretrained: true,
        folded: false,
        image: found.kind === 'saved' ? preparedAs(found.parts.image, image, context) : image,
        load: (classes) =>
          namingField(field, async () => {
            const saved = createModel(engine, architecture, { classes: networkOutputs, seed, variant });
            try {
              loadStateDict(saved, state);
              return newHead(saved, { classes, seed });
            } finally {
              saved.dispose();
            }
          }),
      };
    }
  }
}
