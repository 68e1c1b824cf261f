import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelName } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { createModel, parameterCount } from '#models';
import { expectCapturedAsEager, type Training } from './captured-training.js';
import { expectAsTorch, expectShapesAndLogitsOfTorch } from './torch-models.js';

export interface Family {
  /** Who says how many parameters there are, such as `torchvision's`; left out where there is no such source. */
  countedBy?: string;
  classes: number;
  /** Parameters of each member with that many classes. */
  parameters: readonly (readonly [ModelName, number])[];
  /** Members that are compared in every mode. */
  compared: readonly {
    training: Omit<Training, 'mode'> & { name: ModelName };
    /** In training mode: of the logits, the loss and the statistics, and of the gradients. */
    tolerance: number;
    gradientTolerance: number;
  }[];
}

/** What a family of architectures promises: PyTorch's parameters, numbers and gradients, and training that can be captured. */
export function architectureContract(title: string, { countedBy, classes, parameters, compared }: Family): void {
  describe(title, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await loadEngine();
    });

    const source = countedBy === undefined ? '' : `${countedBy} `;
    it.each(parameters)(
      `%s has ${source}%i parameters with ${classes} classes, and PyTorch's names, shapes and logits`,
      (name, count) => {
        const model = createModel(engine, name, { classes, seed: 0 });
        expect(parameterCount(model)).toBe(count);
        model.dispose();
        expectShapesAndLogitsOfTorch(engine, name);
      },
      180_000,
    );

    describe.each(compared)('$training.name', ({ training, tolerance, gradientTolerance }) => {
      it('computes what PyTorch computes: logits, loss and gradients with running statistics', () => {
        expectAsTorch(engine, training.name, 'frozen', 1e-4, 1e-4);
        expectAsTorch(engine, training.name, 'inference', 1e-4, 1e-4);
      }, 180_000);

      it('computes what PyTorch computes in training mode, and updates the running statistics as it does', () => {
        expectAsTorch(engine, training.name, 'train', tolerance, gradientTolerance);
      }, 180_000);

      it(`trains captured as it trains eagerly, over ${training.steps} steps`, () => {
        expectCapturedAsEager(engine, { ...training, mode: 'train' });
      }, 180_000);
    });
  });
}
