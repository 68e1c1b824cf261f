/** A function or class that a pickle names: nothing of it is ever run here. */
export class PickledGlobal {
  constructor(readonly name: string) {}
}

/** What a pickle can hold here. Lists and tuples are arrays, dictionaries are maps. */
export type Pickled =
  null | boolean | number | bigint | string | PickledGlobal | PickledList | Map<string | number, Pickled> | object;
type PickledList = Pickled[];

/** How the few things that a pickle may ask for are made. */
export interface PickleHost {
  /** Names such as `collections.OrderedDict` that may be called. Any other is refused by its name. */
  globals: ReadonlySet<string>;
  /** What calling one of them gives. */
  call(global: string, args: readonly Pickled[]): Pickled;
  /** What a persistent id stands for: in a file of PyTorch, a storage. */
  persistent(id: Pickled): Pickled;
  refuse(reason: string): never;
}

/** Far more than the pickle of a checkpoint with an optimizer's state: the numbers are not in it. */
export const MAX_PICKLE_BYTES = 16 * 1024 ** 2;
/** Values that it makes and keeps: a dictionary takes one byte in the pickle and two hundred in memory. */
const MAX_VALUES = 500_000;

const MARK = Symbol('mark');
/** Bytes of the largest whole number: PyTorch's own magic number has ten. */
const MAX_INTEGER_BYTES = 16;

/**
 * Reads one pickle (protocol 2 to 5, https://docs.python.org/3/library/pickletools.html) of those opcodes that data
 * need. To unpickle is to run a program that may name and call whatever Python knows; here a name that is not on the
 * host's list ends the reading, and those on it are calls of the host. Every opcode takes time in proportion to
 * its own bytes, and those that make values are counted.
 * @param start where the pickle begins
 * @returns the value, and where the next byte after it lies
 */
export function unpickle(bytes: Uint8Array, host: PickleHost, start = 0): { value: Pickled; end: number } {
  return new Unpickler(bytes, host, start).run();
}

class Unpickler {
  private readonly view: DataView;
  private readonly stack: (Pickled | typeof MARK)[] = [];
  private readonly memo = new Map<number, Pickled>();
  private kept = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly host: PickleHost,
    private at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): { value: Pickled; end: number } {
    for (;;) {
      const opcode = this.view.getUint8(this.take(1));
      if (opcode === 0x2e) return { value: this.pop(), end: this.at };
      const execute = OPCODES[opcode];
      if (execute === undefined) {
        this.host.refuse(
          `its pickle has the opcode 0x${opcode.toString(16).padStart(2, '0')}, which weights do not need`,
        );
      }
      execute(this);
    }
  }

  /** Goes on by so many bytes. @returns where they begin */
  take(count: number): number {
    if (count > this.bytes.length - this.at) this.host.refuse('its pickle is cut off');
    this.at += count;
    return this.at - count;
  }

  uint8 = (): number => this.view.getUint8(this.take(1));
  uint16 = (): number => this.view.getUint16(this.take(2), true);
  uint32 = (): number => this.view.getUint32(this.take(4), true);
  int32 = (): number => this.view.getInt32(this.take(4), true);
  /** Big-endian, the only number here that is. */
  float64 = (): number => this.view.getFloat64(this.take(8), false);

  /** A little-endian whole number in two's complement. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) this.host.refuse(`its pickle has a whole number of ${length} bytes`);
    const from = this.take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(this.bytes[from + index]);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  text(length: number): string {
    const from = this.take(length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, length).toString('utf8');
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.host.refuse('its pickle is cut off');
    const line = this.text(end - this.at);
    this.take(1);
    return line;
  }

  private count(): void {
    this.kept++;
    if (this.kept > MAX_VALUES) this.host.refuse(`its pickle makes and keeps more than ${MAX_VALUES} values`);
  }

  push(value: Pickled): void {
    this.count();
    this.stack.push(value);
  }

  mark(): void {
    this.count();
    this.stack.push(MARK);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    return value === undefined || value === MARK ? this.host.refuse('its pickle takes what is not there') : value;
  }

  top(): Pickled {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** All down to the last mark, which is taken away. */
  sinceMark(): Pickled[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.host.refuse('its pickle takes what is not there');
    const values = this.stack.splice(mark + 1) as Pickled[];
    this.stack.pop();
    return values;
  }

  last(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  names(count: number): string[] {
    return this.last(count).map((name) =>
      typeof name === 'string' ? name : this.host.refuse('its pickle asks for something without a name'),
    );
  }

  remember(key: number): void {
    this.count();
    this.memo.set(key, this.top());
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(key: number): void {
    if (!this.memo.has(key)) this.host.refuse('its pickle recalls what was not kept');
    this.push(this.memo.get(key)!);
  }

  global(name: string): void {
    if (!this.host.globals.has(name)) {
      this.host.refuse(`it asks for ${name}, and a file of weights has no use for that`);
    }
    this.push(new PickledGlobal(name));
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PickledGlobal) || !Array.isArray(args)) {
      return this.host.refuse('its pickle calls what is no function');
    }
    this.push(this.host.call(callee.name, args as Pickled[]));
  }

  persistent(): void {
    this.push(this.host.persistent(this.pop()));
  }

  append(values: readonly Pickled[]): void {
    const list = this.top();
    if (!Array.isArray(list)) return this.host.refuse('its pickle appends to what is no list');
    for (const value of values) list.push(value);
  }

  set(items: readonly Pickled[]): void {
    const dictionary = this.top();
    if (!(dictionary instanceof Map) || items.length % 2 !== 0) {
      return this.host.refuse('its pickle sets an entry of what is no dictionary');
    }
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index];
      if (typeof key !== 'string' && typeof key !== 'number')
        this.host.refuse('a dictionary has a key that is no name');
      dictionary.set(key, items[index + 1]);
    }
  }

  /** What an object is given beyond its making: of a state dictionary its `_metadata`, which says nothing of the weights. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) this.host.refuse('its pickle gives a state to what has none');
  }
}

/** https://github.com/python/cpython/blob/main/Lib/pickle.py has their names. */
const OPCODES: Readonly<Record<number, (pickle: Unpickler) => void>> = {
  0x80: (p) => void p.uint8(), // PROTO
  0x95: (p) => void p.take(8), // FRAME
  0x28: (p) => p.mark(),
  0x30: (p) => void p.pop(),
  0x4e: (p) => p.push(null),
  0x88: (p) => p.push(true),
  0x89: (p) => p.push(false),
  0x4b: (p) => p.push(p.uint8()), // BININT1
  0x4d: (p) => p.push(p.uint16()), // BININT2
  0x4a: (p) => p.push(p.int32()), // BININT
  0x8a: (p) => p.push(p.integer(p.uint8())), // LONG1
  0x47: (p) => p.push(p.float64()), // BINFLOAT
  0x58: (p) => p.push(p.text(p.uint32())), // BINUNICODE
  0x8c: (p) => p.push(p.text(p.uint8())), // SHORT_BINUNICODE
  0x54: (p) => p.push(p.text(p.uint32())), // BINSTRING
  0x55: (p) => p.push(p.text(p.uint8())), // SHORT_BINSTRING
  0x5d: (p) => p.push([]), // EMPTY_LIST
  0x61: (p) => p.append([p.pop()]), // APPEND
  0x65: (p) => p.append(p.sinceMark()), // APPENDS
  0x7d: (p) => p.push(new Map()), // EMPTY_DICT
  0x73: (p) => p.set(p.last(2)), // SETITEM
  0x75: (p) => p.set(p.sinceMark()), // SETITEMS
  0x29: (p) => p.push([]), // EMPTY_TUPLE
  0x74: (p) => p.push(p.sinceMark()), // TUPLE
  0x85: (p) => p.push(p.last(1)),
  0x86: (p) => p.push(p.last(2)),
  0x87: (p) => p.push(p.last(3)),
  0x71: (p) => p.remember(p.uint8()), // BINPUT
  0x72: (p) => p.remember(p.uint32()), // LONG_BINPUT
  0x94: (p) => p.rememberNext(), // MEMOIZE
  0x68: (p) => p.recall(p.uint8()), // BINGET
  0x6a: (p) => p.recall(p.uint32()), // LONG_BINGET
  0x63: (p) => p.global(`${p.line()}.${p.line()}`), // GLOBAL
  0x93: (p) => p.global(p.names(2).join('.')), // STACK_GLOBAL
  0x52: (p) => p.call(), // REDUCE
  0x81: (p) => p.call(), // NEWOBJ
  0x51: (p) => p.persistent(), // BINPERSID
  0x62: (p) => p.build(), // BUILD
};
