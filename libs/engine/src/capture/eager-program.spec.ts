import { programInputsContract } from './program-inputs.contract.js';
import { programContract } from './program.contract.js';
import { refusalsContract } from './refusals.contract.js';

programContract('wasm');
programInputsContract('wasm');
refusalsContract('wasm');
