/** Injection token of the ArtifactStore: an interface has no class to be found by. */
export const ARTIFACTS = Symbol('ArtifactStore');
