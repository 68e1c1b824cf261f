import type { OpAttribute, TensorflowBinding } from '../load/tensorflow-backend.js';
import { type AttrValue, type GraphDef, type SavedModelMessages, savedModelMessages } from './saved-model-messages.js';

/** A graph's version field: TensorFlow runs a graph with the behaviour that its ops had at that version. */
const PRODUCER = 987;
export const SERVING_TAG = 'serve';

/** Writes a TensorFlow graph node by node. A tensor is named `node:output`, a control input `^node`. */
export class GraphBuilder {
  readonly #messages: SavedModelMessages = savedModelMessages();
  readonly #graph: GraphDef = new this.#messages.GraphDef();
  #nodes = 0;

  constructor(private readonly binding: TensorflowBinding) {}

  /** @returns the node's name, made up when none is given */
  node(op: string, inputs: readonly string[], attributes: readonly OpAttribute[], name?: string): string {
    const node = new this.#messages.NodeDef();
    const chosen = name ?? `n${this.#nodes++}_${op}`;
    node.setName(chosen);
    node.setOp(op);
    // Control inputs must follow the data inputs.
    node.setInputList([...inputs].sort((a, b) => Number(a.startsWith('^')) - Number(b.startsWith('^'))));
    for (const attribute of attributes) node.getAttrMap().set(attribute.name, this.#attribute(attribute));
    this.#graph.addNode(node);
    return chosen;
  }

  /** A constant from its bytes in TensorFlow's own layout. @returns the tensor's name */
  constant(shape: readonly number[], dtype: number, content: Uint8Array): string {
    const tensor = new this.#messages.Tensor();
    tensor.setDtype(dtype);
    tensor.setTensorShape(this.#shape(shape));
    tensor.setTensorContent(content);
    const value = new this.#messages.AttrValue();
    value.setTensor(tensor);
    const node = new this.#messages.NodeDef();
    const name = `n${this.#nodes++}_Const`;
    node.setName(name);
    node.setOp('Const');
    node.getAttrMap().set('dtype', this.#attribute(this.type('dtype', dtype)));
    node.getAttrMap().set('value', value);
    this.#graph.addNode(node);
    return `${name}:0`;
  }

  type(name: string, dtype: number): OpAttribute {
    return { name, type: this.binding.TF_ATTR_TYPE, value: dtype };
  }

  shape(name: string, shape: readonly number[]): OpAttribute {
    return { name, type: this.binding.TF_ATTR_SHAPE, value: shape };
  }

  text(name: string, value: string): OpAttribute {
    return { name, type: this.binding.TF_ATTR_STRING, value };
  }

  /** The bytes of a `saved_model.pb`. */
  serialize(): Uint8Array {
    const { MetaGraphDef, SavedModel, VersionDef } = this.#messages;
    const version = new VersionDef();
    version.setProducer(PRODUCER);
    this.#graph.setVersions(version);
    const info = new MetaGraphDef.MetaInfoDef();
    info.addTags(SERVING_TAG);
    const metaGraph = new MetaGraphDef();
    metaGraph.setMetaInfoDef(info);
    metaGraph.setGraphDef(this.#graph);
    const model = new SavedModel();
    model.setSavedModelSchemaVersion(1);
    model.addMetaGraphs(metaGraph);
    return model.serializeBinary();
  }

  #shape(sizes: readonly number[]) {
    const shape = new this.#messages.TensorShape();
    for (const size of sizes) {
      const dimension = new this.#messages.TensorShape.Dim();
      dimension.setSize(size);
      shape.addDim(dimension);
    }
    return shape;
  }

  /** The binding says of a list only what its elements are. */
  #attribute({ name, type, value }: OpAttribute): AttrValue {
    const { AttrValue } = this.#messages;
    const { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE } = this.binding;
    const result = new AttrValue();
    const list = new AttrValue.ListValue();
    if (type === TF_ATTR_SHAPE) {
      result.setShape(this.#shape((value ?? []) as number[]));
    } else if (Array.isArray(value)) {
      if (type === TF_ATTR_STRING) list.setSList((value as string[]).map(utf8));
      else if (type === TF_ATTR_INT) list.setIList(value as number[]);
      else if (type === TF_ATTR_FLOAT) list.setFList(value as number[]);
      else if (type === TF_ATTR_BOOL) list.setBList(value as unknown as boolean[]);
      else if (type === TF_ATTR_TYPE) list.setTypeList(value as number[]);
      else throw new TypeError(`the attribute ${name} has an unknown type ${type}`);
      result.setList(list);
    } else if (type === TF_ATTR_STRING) result.setS(utf8(value as string));
    else if (type === TF_ATTR_INT) result.setI(value as number);
    else if (type === TF_ATTR_FLOAT) result.setF(value as number);
    else if (type === TF_ATTR_BOOL) result.setB(value as boolean);
    else if (type === TF_ATTR_TYPE) result.setType(value as number);
    else throw new TypeError(`the attribute ${name} has an unknown type ${type}`);
    return result;
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
