import type { DataType, Tensor } from '@tensorflow/tfjs';

/** An attribute of a TensorFlow op, as tfjs-node's binding takes it; `type` is one of the binding's `TF_ATTR_*`. */
export interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number | string | readonly number[] | readonly string[];
}

export interface OutputInfo {
  id: number;
  shape: number[];
  dtype: number;
}

/** What we use of the native addon. Its own properties cannot be written. */
export interface TensorflowBinding {
  executeOp(name: string, attributes: OpAttribute[], inputIds: number[], outputs: number): OutputInfo[];
  createTensor(shape: number[], dtype: number, values: ArrayBufferView | number[] | Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): ArrayBufferView;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputIds: number[], inputNames: string, outputNames: string): OutputInfo[];
  getNumOfTensors(): number;
  getNumOfSavedModels(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** What we use of tfjs-node's `NodeJSKernelBackend`. */
export interface TensorflowBackend {
  binding: TensorflowBinding;
  getDTypeInteger(dtype: DataType): number;
  getInputTensorIds(tensors: readonly { dataId: object }[]): number[];
  createOutputTensor(info: OutputInfo): Tensor;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: readonly Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attributes: OpAttribute[], inputs: readonly Tensor[], outputs: number): Tensor[];
}
