import { availableParallelism } from 'node:os';

/** What a program needs to find its files, its language and the network: nothing of the platform's own. */
const ALLOWED = new Set(
  [
    ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'XDG_CACHE_HOME'],
    ...[
      'LD_LIBRARY_PATH',
      'DYLD_LIBRARY_PATH',
      'CUDA_VISIBLE_DEVICES',
      'CUDA_DEVICE_ORDER',
      'NODE_EXTRA_CA_CERTS',
      'SSL_CERT_FILE',
    ],
    ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'UV_THREADPOOL_SIZE'],
    // TensorFlow's own, by name: other programs keep secrets in variables that begin with TF_.
    ...['TF_ENABLE_ONEDNN_OPTS', 'TF_CPP_MIN_LOG_LEVEL', 'TF_DETERMINISTIC_OPS', 'TF_FORCE_GPU_ALLOW_GROWTH'],
    // Windows finds nothing without these.
    ...['SystemRoot', 'SystemDrive', 'ComSpec', 'PATHEXT', 'TEMP', 'TMP', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
  ].map((name) => name.toUpperCase()),
);
const ALLOWED_FAMILIES =
  /^(LC_|NVIDIA_|NPM_CONFIG_(REGISTRY|USERCONFIG|GLOBALCONFIG|CAFILE|PROXY|HTTPS_PROXY|NOPROXY)$)/;

export interface TrainerSurroundings {
  cacheFolder: string;
  /** The GPU to compute on, by what `CUDA_VISIBLE_DEVICES` takes; `none` hides them all. Default: as in `env`. */
  gpu?: string;
}

/**
 * The environment of a trainer: a list of what may pass, so that no secret of the platform (the database's address, the
 * store's keys, the token, whatever else stands in a worker's environment) reaches the process that runs specs.
 */
export function trainerEnvironment(
  { cacheFolder, gpu }: TrainerSurroundings,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(([name]) => {
    const upper = name.toUpperCase();
    return ALLOWED.has(upper) || ALLOWED_FAMILIES.test(upper);
  });
  return {
    ...decodingThreads(),
    ...Object.fromEntries(passed),
    DISTILLERY_CACHE: cacheFolder,
    // CUDA sees what stands before the first entry that names no GPU.
    ...(gpu === undefined ? {} : { CUDA_VISIBLE_DEVICES: gpu === 'none' ? '-1' : gpu }),
  };
}

/** The environment of a trainer that a person starts from the command line: their own, whole. */
export function personalTrainerEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...decodingThreads(), ...env };
}

/** libuv's threads decode the images; there are four unless it is told before the process starts. */
function decodingThreads(): NodeJS.ProcessEnv {
  return { UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())) };
}
