export type { Architecture } from './architectures/architecture.js';
export { createModel, MODELS, parameterCount } from './create-model.js';
export { readModel, writeModel, type ModelDescription, type Preprocessing } from './model-file.js';
export { GLOBAL_POOL } from './layers.js';
export * from './model.js';
export { newHead } from './new-head.js';
export {
  loadPretrained,
  loadPretrainedClassifier,
  pretrainedSource,
  type LoadPretrainedOptions,
} from './pretrained/load-pretrained.js';
export type { PretrainedSource } from './pretrained/pretrained-source.js';
export {
  parseSafetensors,
  readSafetensors,
  writeSafetensors,
  type Safetensors,
  type SerialTensor,
} from './safetensors.js';
export { assignVariables, loadStateDict, readVariables, stateDict, type LoadOptions } from './state-dict.js';
export { declaredShapes, type DeclaredShapes } from './declared-shapes.js';
export { describedModel, modelMetadata, writeModelWeights, type ModelWeights } from './model-file.js';
export { architecturesOf, fitWeights, type FitOptions, type FittedWeights } from './weights/fit-weights.js';
export { readWeightsFile, WEIGHTS_FORMATS, type WeightsFile, type WeightsFormat } from './weights/read-weights-file.js';
export { readTfjsModel, TFJS_MODEL_FILE, type TfjsModel } from './weights/tfjs/read-tfjs-model.js';
export type { Layout } from './weights/torch-layout.js';
