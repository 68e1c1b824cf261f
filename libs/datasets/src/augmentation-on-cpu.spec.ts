import { augmentationContract } from './augmentation.contract.js';

augmentationContract('cpu');
