import { describeAttacks } from './attacks.contract.js';

describeAttacks('cpu');
