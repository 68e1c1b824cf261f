import { architectureContract } from '../../../../test/golden/architecture.contract.js';

architectureContract('mobilenet_v3_small', {
  countedBy: "torchvision's",
  classes: 1000,
  parameters: [['mobilenet_v3_small', 2_542_856]],
  compared: [
    {
      training: { name: 'mobilenet_v3_small', steps: 6, size: 32, batch: 8, learningRate: 0.01 },
      tolerance: 1e-3,
      gradientTolerance: 1e-2,
    },
  ],
});
