import type { ImageSpec, TransferSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { createModel, loadPretrained, loadStateDict, newHead, type Model } from '#models';
import type { RunContext } from '../run-context.js';
import { findWeights, namingField } from './weights.js';

/** A network whose head is new, with the means to make it as often as it is needed. */
export interface Backbone {
  readonly pretrained: boolean;
  /**
   * Batch normalisation was folded into its convolutions: to be calibrated before it is fine-tuned, and started with a
   * head that fits, since its large features throw a random head, and then the backbone, about.
   */
  readonly folded: boolean;
  /** The spec's image, with the mean and deviation that the weights were trained with. */
  readonly image: ImageSpec;
  /** @param calibrationImages about 1,000 prepared training images, where batch normalisation is to be calibrated */
  load(classes: number, calibrationImages?: () => AsyncIterable<Tensor>): Promise<Model>;
}

/** @throws UserError naming `backbone.weights` */
export async function findBackbone(
  engine: Engine,
  { backbone, image }: Pick<TransferSpec, 'backbone' | 'image'>,
  { seed, baseFolder, context }: { seed: number; baseFolder: string; context: RunContext },
): Promise<Backbone> {
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

/** Pretrained weights see images as in their own training, whatever the spec says of mean and deviation. */
export function preparedAs(
  own: { mean: readonly number[]; std: readonly number[] },
  image: ImageSpec,
  context: Pick<RunContext, 'log'>,
): ImageSpec {
  const mean = [...own.mean] as ImageSpec['mean'];
  const std = [...own.std] as ImageSpec['std'];
  if (mean.join() !== image.mean.join() || std.join() !== image.std.join()) {
    context.log(
      'info',
      `Images are prepared as the weights expect: mean ${mean.join(', ')}, deviation ${std.join(', ')}`,
    );
  }
  return { ...image, mean, std };
}
