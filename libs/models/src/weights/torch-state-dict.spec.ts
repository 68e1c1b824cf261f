import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { torchStateHash, torchWeights } from '../../../../test/golden/torch-models.js';
import { MODELS } from '../create-model.js';
import { declaredShapes } from '../declared-shapes.js';
import { parseSafetensors, writeSafetensors, type SerialTensor } from '../safetensors.js';
import { fitWeights } from './fit-weights.js';
import { torchStateDict } from './torch-state-dict.js';

/** As `hash_of` of test/golden/torch-models.py. */
function hashOf(state: Record<string, SerialTensor>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(state).sort()) {
    const { shape, values } = state[name];
    hash.update(`${name} ${values instanceof Float32Array ? 'F32' : 'I64'} ${shape.join(',')}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

describe.each(Object.keys(MODELS))('the state dictionary of %s', (model) => {
  const weights = torchWeights(declaredShapes(model, { classes: 5 }).shapes);
  const exported = torchStateDict(weights, { model, classes: 5 });

  // The same names, types, shapes and numbers: load_state_dict(strict=True) takes it, and computes what it must.
  it("is PyTorch's own, to the bit", () => {
    expect(hashOf(exported)).toBe(torchStateHash(model));
  });

  it('comes back the same from a safetensors file', () => {
    const { tensors } = parseSafetensors(writeSafetensors(exported));
    const { state, classes, layout, passedOver } = fitWeights(model, tensors, 'the file');
    expect({ classes, layout }).toEqual({ classes: 5, layout: 'torch' });
    expect(passedOver.every((name) => name.endsWith('.num_batches_tracked'))).toBe(true);
    expect(hashOf(state)).toBe(hashOf(weights));
  });
});

describe('torchStateDict', () => {
  it('puts the parts of a layer beside each other, as PyTorch does', () => {
    const { shapes } = declaredShapes('small_cnn', { classes: 2 });
    const names = Object.keys(torchStateDict(torchWeights(shapes), { model: 'small_cnn', classes: 2 }));
    expect(names.slice(0, 7)).toEqual([
      'conv1.weight',
      ...['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map((part) => `bn1.${part}`),
      'conv2.weight',
    ]);
  });

  it.each([
    ['mobilenet_v2', 'coco', /has no counterpart in PyTorch \(.*cut off after the expansion of block 14\)/],
    ['inception_v3', 'quantised', /has no counterpart in PyTorch \(.*activations clipped to the range/],
  ])(
    'refuses %s in its form %s, which PyTorch has no network for, and says what differs',
    (model, variant, message) => {
      const write = () => torchStateDict({}, { model, variant, classes: 2 });
      expect(write).toThrow(UserError);
      expect(write).toThrow(message);
    },
  );
});
