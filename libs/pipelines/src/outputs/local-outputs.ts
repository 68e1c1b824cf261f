import { withLock } from '#engine';
import { FileOutputStore, type OutputStore } from '#teacher-outputs';

/** The outputs that the processes of this machine share, below their cache folder. */
export function localOutputs(cacheFolder: string): OutputStore {
  return new FileOutputStore(cacheFolder, withLock);
}
