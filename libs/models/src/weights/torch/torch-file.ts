import { UserError } from '#contracts';
import type { StateDict } from '../../model.js';
import { withWeightsFile, type ByteSource } from '../byte-source.js';
import { readLegacyTorch } from './legacy-torch-file.js';
import { stateDictIn } from './state-dict-in.js';
import { readTensors, torchPickleHost } from './stored-tensor.js';
import { storedEntries } from './stored-zip.js';
import { MAX_PICKLE_BYTES, unpickle, type PickleHost } from './unpickle.js';

/**
 * Reads the state dictionary of a `.pth` file (also `.pt`, `.bin`): of what `torch.save` wrote, the zip form since
 * PyTorch 1.6 and the one before. Nothing of the file is executed: its pickle may name tensors, parameters and dictionaries
 * alone. Of a checkpoint with more in it, the weights are taken.
 * @returns tensors in PyTorch's layout, as float32
 * @throws UserError that says what is wrong with the file; where it asks for anything else, by its name
 */
export async function readTorchFile(path: string): Promise<StateDict> {
  return withWeightsFile(path, (source) => readTorch(source, path));
}

/** As `readTorchFile`, of a file that is open. */
export async function readTorch(source: ByteSource, file: string): Promise<StateDict> {
  const refuse = (reason: string): never => {
    throw new UserError(`${file} is not a usable file of PyTorch weights: ${reason}`, {
      remedy: 'In Python, save the weights alone: torch.save(model.state_dict(), FILE).',
    });
  };
  const [first, second] = await source.read(0, Math.min(2, source.size));
  const isZip = first === 0x50 && second === 0x4b;
  return isZip ? readZipped(source, refuse) : readLegacyTorch(source, refuse);
}

/** A folder in a zip file: `data.pkl`, and a file of numbers for each storage. */
async function readZipped(source: ByteSource, refuse: PickleHost['refuse']): Promise<StateDict> {
  const entries = await storedEntries(source, refuse);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) return refuse('it holds no data.pkl');
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) return refuse('it is a TorchScript program, not weights');
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && order.bytes <= 16) {
    const text = Buffer.from((await source.read(order.start, order.bytes)).buffer).toString();
    if (text !== 'little') return refuse(`its numbers are in ${text}-endian order`);
  }
  const pickle = entries.get(pickles[0])!;
  if (pickle.bytes > MAX_PICKLE_BYTES) return refuse(`its pickle would have ${pickle.bytes} bytes`);
  const host = torchPickleHost(refuse);
  const { value } = unpickle(await source.read(pickle.start, pickle.bytes), host);
  return readTensors(
    stateDictIn(value, refuse),
    async (storage, from, to, width) => {
      const entry = entries.get(`${folder}data/${storage.key}`);
      if (entry === undefined) return refuse(`it holds no numbers for the storage ${storage.key}`);
      if (to * width > entry.bytes) return refuse(`the storage ${storage.key} is cut off`);
      return source.read(entry.start + from * width, (to - from) * width);
    },
    refuse,
  );
}
