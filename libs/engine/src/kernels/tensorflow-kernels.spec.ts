import { kernelsContract } from './kernels.contract.js';

kernelsContract('tensorflow');
