import { describe } from 'vitest';
import { testTensorflow } from '../../../test/services/test-services.js';
import { randAugmentContract } from './rand-augment.contract.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('RandAugment on TensorFlow', () => randAugmentContract('tensorflow'));
