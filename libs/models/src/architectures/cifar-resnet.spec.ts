import { architectureContract } from '../../../../test/golden/architecture.contract.js';

architectureContract('the ResNets for CIFAR', {
  classes: 10,
  parameters: [
    ['resnet8', 78_042],
    ['resnet20', 272_474],
    ['resnet56', 855_770],
  ],
  compared: [
    {
      training: { name: 'resnet20', steps: 20, size: 16, batch: 8, learningRate: 0.02 },
      tolerance: 1e-4,
      gradientTolerance: 1e-3,
    },
  ],
});
