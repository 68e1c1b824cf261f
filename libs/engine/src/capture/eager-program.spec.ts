import { programInputsContract } from './program-inputs.contract.js';
import { programContract } from './program.contract.js';

programContract('wasm');
programInputsContract('wasm');
