import { architectureContract } from '../../../../test/golden/architecture.contract.js';

architectureContract('shufflenet_v2', {
  countedBy: "torchvision's",
  classes: 1000,
  parameters: [
    ['shufflenet_v2', 2_278_604],
    ['shufflenet_v2_x0_5', 1_366_792],
  ],
  compared: [
    {
      training: { name: 'shufflenet_v2', steps: 6, size: 32, batch: 8, learningRate: 0.01 },
      tolerance: 1e-3,
      gradientTolerance: 1e-2,
    },
  ],
});
