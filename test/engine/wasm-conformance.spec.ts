import { describe } from 'vitest';
import { loadEngine } from '#engine';
import { conformanceContract } from './conformance.contract.js';

describe('on WebAssembly', () => {
  conformanceContract({
    load: () => loadEngine({ backend: 'wasm', threads: 2 }),
    batch: 1,
  });
});
