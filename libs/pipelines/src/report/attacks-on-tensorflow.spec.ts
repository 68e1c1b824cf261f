import { describeAttacks } from './attacks.contract.js';

describeAttacks('tensorflow');
