import type { Config } from '#config';
import type { ArtifactStore } from './artifact-store.js';
import { FileArtifactStore } from './file-artifact-store.js';
import { S3ArtifactStore } from './s3-artifact-store.js';

/** The store that `ARTIFACTS_URL` names. Nothing is opened yet: `check()` proves that it works. */
export function createArtifactStore({ artifacts }: Pick<Config, 'artifacts'>): ArtifactStore {
  return artifacts.kind === 'files' ? new FileArtifactStore(artifacts.folder) : new S3ArtifactStore(artifacts);
}
