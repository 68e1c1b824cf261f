import { describe } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { pytorchContract } from './pytorch.contract.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('on TensorFlow', () => pytorchContract('tensorflow'));
