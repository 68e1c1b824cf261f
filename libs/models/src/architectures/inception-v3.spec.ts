import { architectureContract } from '../../../../test/golden/architecture.contract.js';

architectureContract('inception_v3', {
  countedBy: "torchvision's",
  classes: 1000,
  parameters: [['inception_v3', 23_834_568]],
  compared: [
    {
      training: { name: 'inception_v3', steps: 6, size: 75, batch: 4, learningRate: 0.01 },
      tolerance: 1e-3,
      gradientTolerance: 1e-2,
    },
  ],
});
