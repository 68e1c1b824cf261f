export { budgetFor } from './budget.js';
export { readCheckpoint, writeCheckpoint } from './checkpoint-file.js';
export type { Classifier, ClassifierParts, SigmoidLayer } from './classifier.js';
export { openClassifier } from './model-folder.js';
export { nullRunContext } from './null-run-context.js';
export { predictImages } from './predict-images.js';
export * from './run-context.js';
export { PIPELINES, runPipeline, type RunPipelineOptions } from './run-pipeline.js';
export { stayResponsive } from './stay-responsive.js';
