// Opens a folder of images in a process of its own and prints what it has; with `holdAt`, it stops in the middle of
// decoding, says so, and waits to be killed; with `abortAt`, it is aborted there.
import { writeSync } from 'node:fs';
import { openDataset } from '#datasets';

const { path, cacheFolder, holdAt, abortAt } = JSON.parse(process.argv[2]);
let decoded = 0;
const abort = new AbortController();
const opening = openDataset(
  { path, format: 'folder', unlabelled: 0, validation: 0.1 },
  { size: 32, resize: 'squash' },
  {
    cacheFolder,
    seed: 0,
    signal: abort.signal,
    log: () => {},
    progress: (done) => {
      decoded = done;
      if (done === abortAt) abort.abort(new Error('aborted'));
      if (done !== holdAt) return;
      writeSync(1, 'holding\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
  },
);
const dataset = await opening.catch((error) => {
  if (error !== abort.signal.reason) throw error;
});
if (dataset === undefined) {
  process.stdout.write(JSON.stringify({ aborted: true }));
} else {
  const lengths = ['train', 'validation', 'test'].map((split) => dataset[split].length);
  const { contentHash, unreadable } = dataset;
  await dataset.close();
  process.stdout.write(JSON.stringify({ decoded, lengths, contentHash, unreadable }));
}
