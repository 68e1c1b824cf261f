import { describeAttacks } from './attacks.contract.js';

describeAttacks('wasm');
