import { describe } from 'vitest';
import { loadEngine } from '#engine';
import { conformanceContract } from './conformance.contract.js';

describe('on WebAssembly', () => {
  conformanceContract({
    load: () => loadEngine({ backend: 'wasm', threads: 2 }),
    batch: 1,
    transfers: [
      { training: { augmentation: { flip: true, crop: 2 } } },
      { training: { augmentation: { randAugment: {} } } },
      { regularization: { kind: 'l1', lambda: 1e-3 } },
      { regularization: { kind: 'l2-sp', lambda: 1e-3 } },
    ],
  });
});
