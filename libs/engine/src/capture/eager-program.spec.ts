import { programContract } from './program.contract.js';

programContract('wasm');
