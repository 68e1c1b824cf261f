import type { StateDict } from '../../model.js';
import type { ByteSource } from '../byte-source.js';
import { stateDictIn } from './state-dict-in.js';
import { readTensors, Storage, STORAGES, torchPickleHost } from './stored-tensor.js';
import { MAX_PICKLE_BYTES, unpickle, type Pickled, type PickleHost } from './unpickle.js';

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/**
 * The form that `torch.save` wrote before PyTorch 1.6, in which some of torchvision's weights are still published: five
 * pickles (a magic number, a version, the byte order, the object, the storages' keys), then of each storage its length
 * (int64) and its numbers.
 */
export async function readLegacyTorch(source: ByteSource, refuse: PickleHost['refuse']): Promise<StateDict> {
  const bytes = await source.read(0, Math.min(source.size, MAX_PICKLE_BYTES));
  const storages = new Map<string, Storage>();
  const host = torchPickleHost(refuse);
  const persistent = (id: Pickled): Pickled => {
    const storage = host.persistent(id);
    if (storage instanceof Storage) storages.set(storage.key, storage);
    return storage;
  };
  let at = 0;
  const next = (): Pickled => {
    const { value, end } = unpickle(bytes, { ...host, persistent }, at);
    at = end;
    return value;
  };
  if (bytes[0] !== 0x80 || next() !== MAGIC_NUMBER) return refuse('it is none');
  if (next() !== PROTOCOL_VERSION) return refuse('it is of an unknown version');
  const system = next();
  if (!(system instanceof Map) || system.get('little_endian') !== true) return refuse('its numbers are big-endian');
  const tensors = stateDictIn(next(), refuse);
  const keys = next();
  if (!Array.isArray(keys)) return refuse('it does not say which storages it holds');

  const places = new Map<string, number>();
  for (const key of keys as Pickled[]) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || places.has(storage.key)) return refuse('it holds storages that no tensor has');
    if (at + 8 > source.size) return refuse(`the storage ${storage.key} is cut off`);
    const declared = new DataView((await source.read(at, 8)).buffer).getBigInt64(0, true);
    if (declared !== BigInt(storage.length))
      return refuse(`the storage ${storage.key} has another length than it says`);
    places.set(storage.key, at + 8);
    at += 8 + storage.length * STORAGES[storage.type].bytes;
    if (at > source.size) return refuse(`the storage ${storage.key} is cut off`);
  }
  return readTensors(
    tensors,
    async (storage, from, to, width) => {
      const place = places.get(storage.key);
      if (place === undefined) return refuse(`it holds no numbers for the storage ${storage.key}`);
      return source.read(place + from * width, (to - from) * width);
    },
    refuse,
  );
}
