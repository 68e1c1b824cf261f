import { randAugmentContract } from './rand-augment.contract.js';

randAugmentContract('cpu');
