// Installs the engine in a process of its own, to be killed. It tells its parent each phase that begins.
import { installEngine } from '#engine';

const { cache, wheelFolder } = JSON.parse(process.argv[2]);
let last;
await installEngine({
  cache,
  wheelFolder,
  onProgress: ({ phase }) => {
    if (phase !== last) process.send({ phase });
    last = phase;
  },
});
process.disconnect();
