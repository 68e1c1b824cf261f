// A trainer without TensorFlow that asks a teacher of its own making about 40 images, 10 at a time, with the real trainer's
// outputs and leases. It says how many it computed, and holds after 20 as long as the cache folder has a file `hold`.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventChannel } from '../../dist/apps/trainer/src/event-channel.js';
import { OutputLeases } from '../../dist/apps/trainer/src/output-leases.js';
import { TrainerContext } from '../../dist/apps/trainer/src/trainer-context.js';

const hashOf = (text) => createHash('sha256').update(text).digest('hex');
const IMAGES = Array.from({ length: 40 }, (_, image) => hashOf(`image ${image}`));

const channel = new EventChannel((event, written) => process.send?.(event, undefined, undefined, written));
const leases = new OutputLeases(channel, { askEveryMs: 100 });
const stop = new AbortController();
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => {
  if (message.type === 'output-lease') leases.receive(message);
  else if (message.type === 'cancel') stop.abort(new Error(message.reason));
  else void run(message).then(end, () => end({ type: 'cancelled' }));
});

async function end(event) {
  await channel.flush();
  channel.post(event);
  await channel.flush();
  process.disconnect();
}

async function run(task) {
  const { signal } = stop;
  const context = new TrainerContext(task, channel, signal, leases);
  const store = context.teacherOutputs;
  const about = { network: 'none', output: 'logits', width: 2, images: '32 px, squash', engine: 'none' };
  const entry = { address: hashOf(task.spec.name), type: 'float16', about };
  const hold = path.join(task.cacheFolder, 'hold');
  const rows = new Set();
  const known = new Set();
  const find = async () => {
    for (const { name, chunk } of await store.read(entry.address, { known })) {
      known.add(name);
      for (const hash of chunk.hashes) rows.add(hash);
    }
    return rows.size === IMAGES.length;
  };
  const compute = async () => {
    await find();
    context.log('info', `found ${rows.size}`);
    while (rows.size < IMAGES.length) {
      if (rows.size === 20 && existsSync(hold)) {
        context.log('info', 'holds');
        while (existsSync(hold)) await sleep(20, undefined, { signal });
      }
      const hashes = IMAGES.filter((hash) => !rows.has(hash)).slice(0, 10);
      await store.add(entry, { width: 2, hashes, values: new Float32Array(20).fill(rows.size), deviceMs: 1 });
      context.log('info', `computed ${hashes.length}`);
      for (const hash of hashes) rows.add(hash);
    }
  };
  const onWait = (holder) => context.log('info', `waits for ${holder}`);
  if (!(await find())) await store.exclusively(entry, compute, { signal, onWait, satisfied: find });
  context.log('info', `has ${rows.size}`);
  return { type: 'completed' };
}
