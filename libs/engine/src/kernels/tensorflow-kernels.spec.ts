import { describe } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { kernelsContract } from './kernels.contract.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('the kernels of TensorFlow', () => kernelsContract('tensorflow'));
