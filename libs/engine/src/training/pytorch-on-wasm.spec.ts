import { pytorchContract } from './pytorch.contract.js';

pytorchContract('wasm');
