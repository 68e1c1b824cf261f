export * from './engine.js';
export * from './optimizer.js';
export * from './program.js';
export { cacheFolder } from './install/cache-folder.js';
export { findEngine, type InstalledEngine } from './install/find-engine.js';
export { EngineInstallError, type InstallFailure } from './install/install-error.js';
export { installEngine, type InstallOptions } from './install/install-engine.js';
export { ACCELERATORS, type Accelerator } from './install/choose-target.js';
export { withLock, type LockOptions } from './install/install-lock.js';
export type { InstallPhase, InstallProgress } from './install/install-progress.js';
export { fetchNpmPackage, type NpmPackageProgress, type NpmPackageRequest } from './packages/npm-package.js';
export { proxyFor } from './packages/proxy.js';
export { loadEngine, type LoadOptions } from './load/load-engine.js';
export { EngineUnavailableError } from './load/load-error.js';
export { CaptureError, InputMismatchError } from './capture/capture-error.js';
export { captureGraph, type CapturedGraph, type GraphRequest } from './capture/capture-graph.js';
export { createProgram } from './capture/create-program.js';
export { learningRateAt, type LearningRateSchedule } from './training/learning-rate-at.js';
export { clipGradients } from './training/clip-gradients.js';
export { createOptimizer } from './training/create-optimizer.js';
export { createWeightAverage, type WeightAverage } from './training/weight-average.js';
export {
  type CpuFeature,
  type DoctorOptions,
  engineDoctor,
  type EngineProblem,
  type EngineReport,
  type GpuReport,
} from './doctor/engine-doctor.js';
export type { SpeedCheck, SpeedReport } from './doctor/check-speed.js';
export { type Bfloat16Advice, bfloat16Advice, bfloat16Pays } from './doctor/bfloat16-pays.js';
export { usableGpus } from './doctor/usable-gpus.js';
export type { Gpu } from './doctor/gpus.js';
