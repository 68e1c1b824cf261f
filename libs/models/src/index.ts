export { createModel, MODELS, parameterCount } from './create-model.js';
export type { Architecture } from './architectures/architecture.js';
export * from './model.js';
