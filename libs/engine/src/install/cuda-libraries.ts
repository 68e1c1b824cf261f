import type { Wheel } from './wheel.js';

/** A wheel with libraries of NVIDIA's, and what of it the engine needs. */
export interface LibraryWheel extends Wheel {
  /** Files inside the wheel that are unpacked; they keep their places. */
  files: readonly string[];
  /** Those of the files that the binding is linked to, so that they are there by the time TensorFlow asks for them. */
  linked: readonly string[];
}

const PLATFORM_TAG = 'manylinux2014_x86_64';

function wheel(
  name: string,
  sha256: string,
  bytes: number,
  files: readonly string[],
  linked: readonly string[] = files,
): LibraryWheel {
  return { requirement: `nvidia-${name}`, platformTag: PLATFORM_TAG, sha256, bytes, files, linked };
}

const inFolder = (folder: string, ...names: string[]) => names.map((name) => `nvidia/${folder}/${name}`);

/**
 * What the extra `and-cuda` of `tensorflow` 2.21.0 names, in the versions that it was built with (CUDA 12.5, cuDNN 9.3:
 * `tensorflow/python/platform/build_info.py` and METADATA of the wheel), without cuRAND, which its libraries never open.
 *
 * TensorFlow opens them with `dlopen` by their short names. Some it finds by its own RUNPATH (`$ORIGIN/../nvidia/…/lib`),
 * cuSOLVER and cuDNN's NVRTC it does not. All of them are loaded with the binding, by the binding's RUNPATH: a library
 * that is loaded is found by its name, and no `LD_LIBRARY_PATH` has to be set before the process starts.
 */
export const CUDA_WHEELS: readonly LibraryWheel[] = [
  wheel(
    'cuda-runtime-cu12==12.5.82',
    '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115',
    895_707,
    inFolder('cuda_runtime/lib', 'libcudart.so.12'),
  ),
  wheel(
    'cublas-cu12==12.5.3.2',
    'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b',
    363_313_169,
    inFolder('cublas/lib', 'libcublasLt.so.12', 'libcublas.so.12'),
  ),
  wheel(
    'cuda-nvrtc-cu12==12.5.82',
    '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd',
    24_873_108,
    inFolder('cuda_nvrtc/lib', 'libnvrtc.so.12', 'libnvrtc-builtins.so.12.5'),
    inFolder('cuda_nvrtc/lib', 'libnvrtc.so.12'),
  ),
  wheel(
    'nvjitlink-cu12==12.5.82',
    'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212',
    21_298_879,
    inFolder('nvjitlink/lib', 'libnvJitLink.so.12'),
  ),
  wheel(
    'cudnn-cu12==9.3.0.75',
    '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d',
    577_163_502,
    inFolder(
      'cudnn/lib',
      'libcudnn.so.9',
      'libcudnn_adv.so.9',
      'libcudnn_cnn.so.9',
      'libcudnn_engines_precompiled.so.9',
      'libcudnn_engines_runtime_compiled.so.9',
      'libcudnn_graph.so.9',
      'libcudnn_heuristic.so.9',
      'libcudnn_ops.so.9',
    ),
    // It opens the others itself, beside it.
    inFolder('cudnn/lib', 'libcudnn.so.9'),
  ),
  wheel(
    'cufft-cu12==11.2.3.61',
    '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8',
    192_524_114,
    inFolder('cufft/lib', 'libcufft.so.11'),
  ),
  wheel(
    'cusparse-cu12==12.5.1.3',
    '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752',
    217_558_979,
    inFolder('cusparse/lib', 'libcusparse.so.12'),
  ),
  wheel(
    'cusolver-cu12==11.6.3.83',
    '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b',
    130_341_232,
    inFolder('cusolver/lib', 'libcusolver.so.11'),
  ),
  wheel(
    'cuda-cupti-cu12==12.5.82',
    'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953',
    13_811_507,
    inFolder('cuda_cupti/lib', 'libcupti.so.12'),
  ),
  wheel(
    'nccl-cu12==2.27.7',
    'de5ba5562f08029a19cb1cd659404b18411ed0d6c90ac5f52f30bf99ad5809aa',
    322_546_339,
    inFolder('nccl/lib', 'libnccl.so.2'),
  ),
  // TensorFlow's compiler looks for these two in ../nvidia/cuda_nvcc beside its own library.
  wheel(
    'cuda-nvcc-cu12==12.5.82',
    'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0',
    22_468_537,
    inFolder('cuda_nvcc', 'bin/ptxas', 'nvvm/libdevice/libdevice.10.bc'),
    [],
  ),
];
