import { createRequire } from 'node:module';

/** The parts of tfjs-node's own protobuf module with which a SavedModel can be written. */
export interface SavedModelMessages {
  GraphDef: new () => GraphDef;
  NodeDef: new () => NodeDef;
  AttrValue: { new (): AttrValue; ListValue: new () => ListValue };
  TensorShape: { new (): TensorShape; Dim: new () => { setSize(size: number): void } };
  Tensor: new () => TensorProto;
  VersionDef: new () => { setProducer(version: number): void };
  MetaGraphDef: { new (): MetaGraphDef; MetaInfoDef: new () => { addTags(tag: string): void } };
  SavedModel: new () => SavedModel;
  SignatureDef: new () => SignatureDef;
  TensorInfo: new () => TensorInfo;
}

export interface GraphDef {
  addNode(node: NodeDef): void;
  setVersions(version: unknown): void;
}

export interface NodeDef {
  setName(name: string): void;
  setOp(op: string): void;
  setInputList(inputs: readonly string[]): void;
  getAttrMap(): { set(name: string, value: AttrValue): void };
}

export interface AttrValue {
  setS(value: Uint8Array): void;
  setI(value: number): void;
  setF(value: number): void;
  setB(value: boolean): void;
  setType(value: number): void;
  setShape(value: TensorShape): void;
  setTensor(value: TensorProto): void;
  setList(value: ListValue): void;
}

export interface ListValue {
  setSList(value: readonly Uint8Array[]): void;
  setIList(value: readonly number[]): void;
  setFList(value: readonly number[]): void;
  setBList(value: readonly boolean[]): void;
  setTypeList(value: readonly number[]): void;
}

export interface TensorShape {
  addDim(dimension: unknown): void;
}

export interface TensorProto {
  setDtype(dtype: number): void;
  setTensorShape(shape: TensorShape): void;
  setTensorContent(content: Uint8Array): void;
}

export interface MetaGraphDef {
  setMetaInfoDef(info: unknown): void;
  setGraphDef(graph: GraphDef): void;
  getSignatureDefMap(): { set(name: string, value: SignatureDef): void };
}

export interface SignatureDef {
  setMethodName(name: string): void;
  getInputsMap(): { set(name: string, value: TensorInfo): void };
  getOutputsMap(): { set(name: string, value: TensorInfo): void };
}

export interface TensorInfo {
  setName(name: string): void;
  setDtype(dtype: number): void;
  setTensorShape(shape: TensorShape): void;
}

export interface SavedModel {
  setSavedModelSchemaVersion(version: number): void;
  addMetaGraphs(graph: MetaGraphDef): void;
  serializeBinary(): Uint8Array;
}

let messages: SavedModelMessages | undefined;

/** Kept: to look a module up takes longer than to make a message, and a graph has thousands. */
export function savedModelMessages(): SavedModelMessages {
  return (messages ??= createRequire(import.meta.url)(
    '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js',
  ) as SavedModelMessages);
}
