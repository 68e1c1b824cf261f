export {
  ArtifactAddressError,
  ArtifactCorruptError,
  ArtifactNotFoundError,
  ArtifactRangeError,
  ArtifactStoreUnavailableError,
} from './artifact-errors.js';
export * from './artifact-store.js';
export { createArtifactStore } from './create-artifact-store.js';
