/** A list that claims another length than it has, which is none. */
export class ClaimedList {
  constructor(readonly length: number) {}
}

export interface TfliteSpec {
  /** `type` is a `TensorType` of schema.fbs: 0 float32, 3 uint8. */
  tensors: readonly TensorSpec[] | ClaimedList;
  operators: readonly OperatorSpec[] | ClaimedList;
  /** By convention the first is empty. */
  buffers: readonly Uint8Array[] | ClaimedList;
}
interface TensorSpec {
  name: string;
  shape: readonly number[] | ClaimedList;
  type: number;
  buffer: number;
}
interface OperatorSpec {
  inputs: readonly number[] | ClaimedList;
  outputs: readonly number[] | ClaimedList;
}

/**
 * A `.tflite` file for tests: one graph, whose operators are all of one kind. A text, list or table that comes twice in the
 * description, as the same object, is written once and shared.
 */
export function tfliteFile({ tensors, operators, buffers }: TfliteSpec): Buffer {
  const tensor = ({ name, shape, type, buffer }: TensorSpec): Fields => ({
    0: { value: shape, write: () => file.numbers(shape) },
    1: type,
    2: buffer,
    3: { value: name, write: () => file.bytes(Buffer.from(name)) },
  });
  const operator = ({ inputs, outputs }: OperatorSpec): Fields => ({
    1: { value: inputs, write: () => file.numbers(inputs) },
    2: { value: outputs, write: () => file.numbers(outputs) },
  });
  const buffer = (content: Uint8Array): Fields => ({ 0: { value: { content }, write: () => file.bytes(content) } });
  const tables = <T extends object>(list: readonly T[] | ClaimedList, fieldsOf: (each: T) => Fields): Child => ({
    value: list,
    write: () => file.tables(list, fieldsOf),
  });
  const graph: Fields = { 0: tables(tensors, tensor), 3: tables(operators, operator) };
  const file = new FlatFile({
    1: tables([{}], () => ({})),
    2: tables([{}], () => graph),
    4: tables(buffers, buffer),
  });
  return file.content();
}

/** What an offset leads to, and what writes it and says where. */
interface Child {
  value: unknown;
  write(): number;
}
/** Of a table, by their numbers; each takes four bytes. */
type Fields = Readonly<Record<number, number | Child>>;

const MAX_BYTES = 64 * 1024 ** 2;

/** Offsets lead onwards only (https://flatbuffers.dev/internals): all tables of a level are written before their children. */
class FlatFile {
  private readonly file = Buffer.alloc(MAX_BYTES);
  private end = 8;
  private readonly children = new Map<unknown, { from: number[]; write(): number }>();

  constructor(root: Fields) {
    this.file.write('TFL3', 4, 'latin1');
    this.lead(0, { value: root, write: () => this.table(root) });
  }

  content(): Buffer {
    // Those that are added on the way come last.
    for (const { from, write } of this.children.values()) {
      const to = write();
      for (const at of from) this.file.writeUInt32LE(to - at, at);
    }
    return this.file.subarray(0, this.end);
  }

  numbers(list: readonly number[] | ClaimedList): number {
    const at = this.list(list.length, list instanceof ClaimedList ? 0 : 4 * list.length);
    if (!(list instanceof ClaimedList)) list.forEach((each, index) => this.file.writeInt32LE(each, at + 4 + 4 * index));
    return at;
  }

  bytes(content: Uint8Array): number {
    const at = this.list(content.length, content.length);
    this.file.set(content, at + 4);
    return at;
  }

  tables<T>(list: readonly T[] | ClaimedList, fieldsOf: (each: T) => Fields): number {
    const at = this.list(list.length, list instanceof ClaimedList ? 0 : 4 * list.length);
    if (list instanceof ClaimedList) return at;
    list.forEach((each, index) => {
      this.lead(at + 4 + 4 * index, { value: each, write: () => this.table(fieldsOf(each)) });
    });
    return at;
  }

  private lead(from: number, { value, write }: Child): void {
    const known = this.children.get(value);
    if (known === undefined) this.children.set(value, { from: [from], write });
    else known.from.push(from);
  }

  private list(length: number, bytes: number): number {
    const at = this.take(4 + bytes);
    this.file.writeUInt32LE(length, at);
    return at;
  }

  /** The table's own description lies before it. */
  private table(fields: Fields): number {
    const slots = 1 + Math.max(-1, ...Object.keys(fields).map(Number));
    const description = this.take(4 + 2 * slots);
    const table = this.take(4 + 4 * slots);
    this.file.writeUInt16LE(4 + 2 * slots, description);
    this.file.writeUInt16LE(4 + 4 * slots, description + 2);
    this.file.writeInt32LE(table - description, table);
    for (const [number, field] of Object.entries(fields)) {
      const offset = 4 + 4 * Number(number);
      this.file.writeUInt16LE(offset, description + 4 + 2 * Number(number));
      if (typeof field === 'number') this.file.writeUInt32LE(field, table + offset);
      else this.lead(table + offset, field);
    }
    return table;
  }

  private take(bytes: number): number {
    const at = this.end;
    this.end += 4 * Math.ceil(bytes / 4);
    if (this.end > MAX_BYTES) throw new Error(`a file for tests has more than ${MAX_BYTES} bytes`);
    return at;
  }
}
