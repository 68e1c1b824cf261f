import { describe } from 'vitest';
import { testTensorflow } from '../../../test/services/test-services.js';
import { augmentationContract } from './augmentation.contract.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('augmentation on TensorFlow', () => augmentationContract('tensorflow'));
