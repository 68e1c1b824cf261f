export * from './engine.js';
export * from './optimizer.js';
export * from './program.js';
export { fetchNpmPackage, type NpmPackageProgress, type NpmPackageRequest } from './packages/npm-package.js';
