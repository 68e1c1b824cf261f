import { describe } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { programInputsContract } from './program-inputs.contract.js';
import { programContract } from './program.contract.js';

const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('captured programs', () => {
  programContract('tensorflow');
  programInputsContract('tensorflow');
});
