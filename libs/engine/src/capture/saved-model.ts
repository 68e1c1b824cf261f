import type { OpAttribute, TensorflowBinding } from '../load/tensorflow-backend.js';
import { DATA_TYPES, type ConstantValue, type Graph, type GraphNode } from './graph.js';
import {
  type AttrValue,
  type NodeDef,
  savedModelMessages,
  type SignatureDef,
  type TensorShape,
} from './saved-model-messages.js';

/** A graph's version field: TensorFlow runs a graph with the behaviour that its ops had at that version. */
const PRODUCER = 987;
export const SERVING_TAG = 'serve';

/** What a graph is fed and asked for by other programs; float32 all of it, -1 for a size that is free. */
export interface Signature {
  input: { name: string; shape: readonly number[] };
  outputs: readonly Signature['input'][];
}

/**
 * A graph as the bytes of a `saved_model.pb`.
 * @param signature of its function `serving_default`, which other programs look for
 */
export function savedModelOf(graph: Graph, signature?: Signature): Uint8Array {
  const messages = savedModelMessages();
  const { GraphDef, MetaGraphDef, SavedModel, VersionDef } = messages;
  const definition = new GraphDef();
  for (const node of graph.nodes) definition.addNode(nodeMessage(node, graph.binding));
  const version = new VersionDef();
  version.setProducer(PRODUCER);
  definition.setVersions(version);
  const info = new MetaGraphDef.MetaInfoDef();
  info.addTags(SERVING_TAG);
  const metaGraph = new MetaGraphDef();
  metaGraph.setMetaInfoDef(info);
  metaGraph.setGraphDef(definition);
  if (signature) metaGraph.getSignatureDefMap().set('serving_default', signatureMessage(signature));
  const model = new SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(metaGraph);
  return model.serializeBinary();
}

function signatureMessage({ input, outputs }: Signature): SignatureDef {
  const { SignatureDef, TensorInfo } = savedModelMessages();
  const info = ({ name, shape }: Signature['input']) => {
    const tensor = new TensorInfo();
    tensor.setName(`${name}:0`);
    tensor.setDtype(DATA_TYPES.float32);
    tensor.setTensorShape(shapeMessage(shape));
    return tensor;
  };
  const message = new SignatureDef();
  message.setMethodName('tensorflow/serving/predict');
  message.getInputsMap().set(input.name, info(input));
  for (const output of outputs) message.getOutputsMap().set(output.name, info(output));
  return message;
}

function nodeMessage({ name, op, inputs, attributes, value }: GraphNode, binding: TensorflowBinding): NodeDef {
  const node = new (savedModelMessages().NodeDef)();
  node.setName(name);
  node.setOp(op);
  node.setInputList(inputs);
  for (const attribute of attributes) node.getAttrMap().set(attribute.name, attributeMessage(attribute, binding));
  if (value) node.getAttrMap().set('value', tensorMessage(value));
  return node;
}

function tensorMessage({ shape, dtype, content }: ConstantValue): AttrValue {
  const { AttrValue, Tensor } = savedModelMessages();
  const tensor = new Tensor();
  tensor.setDtype(dtype);
  tensor.setTensorShape(shapeMessage(shape));
  tensor.setTensorContent(content);
  const value = new AttrValue();
  value.setTensor(tensor);
  return value;
}

function shapeMessage(sizes: readonly number[]): TensorShape {
  const { TensorShape } = savedModelMessages();
  const shape = new TensorShape();
  for (const size of sizes) {
    const dimension = new TensorShape.Dim();
    dimension.setSize(size);
    shape.addDim(dimension);
  }
  return shape;
}

/** The binding says of a list only what its elements are. */
function attributeMessage({ name, type, value }: OpAttribute, binding: TensorflowBinding): AttrValue {
  const { AttrValue } = savedModelMessages();
  const { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE } = binding;
  const result = new AttrValue();
  const list = new AttrValue.ListValue();
  if (type === TF_ATTR_SHAPE) {
    result.setShape(shapeMessage((value ?? []) as number[]));
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

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
