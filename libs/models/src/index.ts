export type { Architecture } from './architectures/architecture.js';
export { createModel, MODELS, parameterCount } from './create-model.js';
export { readModel, writeModel, type ModelDescription, type Preprocessing } from './model-file.js';
export * from './model.js';
export { newHead } from './new-head.js';
export { loadPretrained, pretrainedSource, type LoadPretrainedOptions } from './pretrained/load-pretrained.js';
export type { PretrainedSource } from './pretrained/pretrained-source.js';
export {
  parseSafetensors,
  readSafetensors,
  writeSafetensors,
  type Safetensors,
  type SerialTensor,
} from './safetensors.js';
export { assignVariables, loadStateDict, readVariables, stateDict, type LoadOptions } from './state-dict.js';
