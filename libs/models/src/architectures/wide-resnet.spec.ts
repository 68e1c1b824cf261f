import { architectureContract } from '../../../../test/golden/architecture.contract.js';

architectureContract('the wide ResNets', {
  classes: 10,
  parameters: [
    ['wrn_16_2', 691_674],
    ['wrn_40_2', 2_243_546],
  ],
  compared: [
    {
      training: { name: 'wrn_16_2', steps: 20, size: 16, batch: 8, learningRate: 0.02 },
      tolerance: 1e-4,
      gradientTolerance: 1e-3,
    },
  ],
});
