import { describe } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { programContract } from './program.contract.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('captured programs', () => programContract('tensorflow'));
