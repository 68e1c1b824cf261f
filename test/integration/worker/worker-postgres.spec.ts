import { workerContract, workerSpecs } from './worker.contract.js';

workerContract('Postgres', () => Promise.resolve({}));
workerSpecs();
