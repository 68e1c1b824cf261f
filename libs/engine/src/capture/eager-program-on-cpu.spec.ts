import { programInputsContract } from './program-inputs.contract.js';
import { refusalsContract } from './refusals.contract.js';

programInputsContract('cpu');
refusalsContract('cpu');
