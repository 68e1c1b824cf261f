import { architectureContract } from '../../../../test/golden/architecture.contract.js';

architectureContract('the ResNets for ImageNet', {
  countedBy: "torchvision's",
  classes: 1000,
  parameters: [
    ['resnet18', 11_689_512],
    ['resnet34', 21_797_672],
    ['resnet50', 25_557_032],
  ],
  compared: [
    {
      training: { name: 'resnet18', steps: 20, size: 32, batch: 8, learningRate: 0.002 },
      tolerance: 1e-4,
      gradientTolerance: 1e-3,
    },
    {
      training: { name: 'resnet50', steps: 6, size: 32, batch: 8, learningRate: 0.01 },
      // PyTorch's own float32 logits are 1.8e-4 from these, which are float64's.
      tolerance: 1e-3,
      gradientTolerance: 1e-2,
    },
  ],
});
