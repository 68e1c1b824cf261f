// Opens a folder of images in a process of its own and prints what it has; with `holdAt`, it stops in the middle of
// decoding, says so, and waits to be killed.
import { writeSync } from 'node:fs';
import { openDataset } from '#datasets';

const { path, cacheFolder, holdAt } = JSON.parse(process.argv[2]);
let decoded = 0;
const dataset = await openDataset(
  { path, format: 'folder', unlabelled: 0, validation: 0.1 },
  { size: 32, resize: 'squash' },
  {
    cacheFolder,
    seed: 0,
    signal: new AbortController().signal,
    log: () => {},
    progress: (done) => {
      decoded = done;
      if (done !== holdAt) return;
      writeSync(1, 'holding\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
  },
);
const lengths = ['train', 'validation', 'test'].map((split) => dataset[split].length);
await dataset.close();
process.stdout.write(JSON.stringify({ decoded, lengths, contentHash: dataset.contentHash }));
