import type { OpAttribute, TensorflowBinding } from '../load/tensorflow-backend.js';
import { DATA_TYPES, type Graph, type GraphNode } from './graph.js';
import type { Signature } from './saved-model.js';

/** A TensorFlow.js graph model: what `model.json` and its weights hold. https://www.tensorflow.org/js/guide/conversion */
export interface GraphModel {
  modelTopology: { node: readonly unknown[]; versions: { producer: number } };
  signature: unknown;
  weightSpecs: readonly { name: string; shape: number[]; dtype: 'float32' | 'int32' | 'bool' }[];
  /** The numbers of `weightSpecs`, one after the other. */
  weightData: Uint8Array;
}

const PRODUCER = 987;
const DTYPES: Readonly<Record<number, 'float32' | 'int32' | 'bool'>> = {
  [DATA_TYPES.float32]: 'float32',
  [DATA_TYPES.int32]: 'int32',
  [DATA_TYPES.bool]: 'bool',
};

/** A graph as TensorFlow.js keeps one: a GraphDef in protobuf's JSON, its constants apart. */
export function graphModelOf(graph: Graph, { input, outputs }: Signature): GraphModel {
  const constants = [...graph.nodes].filter(({ value }) => value !== undefined);
  const info = ({ name, shape }: Signature['input']) => ({
    [name]: { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shapeJson(shape) },
  });
  return {
    modelTopology: {
      node: [...graph.nodes].map((node) => nodeJson(node, graph.binding)),
      versions: { producer: PRODUCER },
    },
    signature: { inputs: info(input), outputs: Object.assign({}, ...outputs.map(info)) as unknown },
    weightSpecs: constants.map(({ name, value }) => ({
      name,
      shape: [...value!.shape],
      dtype: DTYPES[value!.dtype]!,
    })),
    weightData: Buffer.concat(constants.map(({ value }) => value!.content)),
  };
}

function nodeJson({ name, op, inputs, attributes, value }: GraphNode, binding: TensorflowBinding): unknown {
  const attr = Object.fromEntries(attributes.map((attribute) => [attribute.name, attributeJson(attribute, binding)]));
  if (value) attr.value = { tensor: { dtype: value.dtype, tensorShape: shapeJson(value.shape) } };
  return { name, op, input: inputs.map((tensor) => tensor.replace(/:0$/, '')), attr };
}

function shapeJson(shape: readonly number[]): unknown {
  return { dim: shape.map((size) => ({ size: String(size) })) };
}

function attributeJson({ name, type, value }: OpAttribute, binding: TensorflowBinding): unknown {
  const { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE } = binding;
  if (type === TF_ATTR_SHAPE) return { shape: shapeJson((value ?? []) as number[]) };
  const keys = new Map([
    [TF_ATTR_STRING, 's'],
    [TF_ATTR_INT, 'i'],
    [TF_ATTR_FLOAT, 'f'],
    [TF_ATTR_BOOL, 'b'],
    [TF_ATTR_TYPE, 'type'],
  ]);
  const key = keys.get(type);
  if (key === undefined) throw new TypeError(`the attribute ${name} has an unknown type ${type}`);
  // Bytes are base64 in protobuf's JSON.
  const scalar = (each: unknown) => (key === 's' ? Buffer.from(each as string).toString('base64') : each);
  return Array.isArray(value) ? { list: { [key]: value.map(scalar) } } : { [key]: scalar(value) };
}
