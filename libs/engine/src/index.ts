export * from './engine.js';
export * from './optimizer.js';
export * from './program.js';
export { cacheFolder } from './install/cache-folder.js';
export { findEngine, type InstalledEngine } from './install/find-engine.js';
export { EngineInstallError, type InstallFailure } from './install/install-error.js';
export { installEngine, type InstallOptions } from './install/install-engine.js';
export type { InstallPhase, InstallProgress } from './install/install-progress.js';
export { fetchNpmPackage, type NpmPackageProgress, type NpmPackageRequest } from './packages/npm-package.js';
