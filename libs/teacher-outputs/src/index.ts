export { encodeEntry, FileOutputStore, type Lease } from './file-output-store.js';
export { asStored, DamagedOutputsError, encodeChunk, type OutputChunk, type StoredType } from './output-chunk.js';
export * from './output-store.js';
export {
  collectOutputs,
  type Collected,
  type CollectOptions,
  listOutputs,
  type StoredEntry,
  type VerifiedEntry,
  verifyOutputs,
} from './stored-outputs.js';
