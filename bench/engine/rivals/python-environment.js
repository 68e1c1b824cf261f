import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '#engine';
import { runCommand } from '../run-command.js';

const TORCH = '2.14.1';
/** `onnx` is what PyTorch's exporter writes with. */
const PACKAGES = [`torch==${TORCH}`, 'torchvision==0.29.2', 'onnx==1.23.2'];
const MINUTE = 60_000;

/**
 * A Python with PyTorch: the given one, else one of the bench's own in the cache, made at the first call.
 * @param folder the bench's cache folder
 * @param given path of a Python that has PyTorch and torchvision
 * @returns `{ command, torch, onnx }`: the program, PyTorch's version, whether ONNX can be exported
 * @throws Error where there is no Python, no pip, or pip can't
 */
export async function pythonEnvironment(folder, { given, say }) {
  if (given) return await describe(given);
  const { environment, command, complete } = places(folder);
  await withLock(join(folder, 'python.lock'), async () => {
    if (existsSync(complete)) return;
    say(
      `Installing ${PACKAGES.join(', ')} into ${environment}: 5.5 GB on Linux x64, because PyPI's wheels of PyTorch ` +
        'bring CUDA. Remove the folder when you no longer need it.',
    );
    await rm(environment, { recursive: true, force: true });
    await runCommand(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', environment], {
      timeoutMs: 5 * MINUTE,
    });
    await runCommand(command, ['-m', 'pip', 'install', ...PACKAGES], { timeoutMs: 60 * MINUTE });
    await writeFile(complete, '');
  });
  return await describe(command);
}

/** The program of the bench's own Python with PyTorch, where it was made. */
export function madePython(folder) {
  const { command, complete } = places(folder);
  return existsSync(complete) ? command : undefined;
}

function places(folder) {
  const environment = join(folder, `python-torch-${TORCH}`);
  const command = join(environment, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  return { environment, command, complete: join(environment, 'complete') };
}

async function describe(command) {
  const script = [
    'import importlib.util, json, torch, torchvision',
    'onnx = importlib.util.find_spec("onnx") is not None',
    'print("\\n" + json.dumps({"torch": torch.__version__, "torchvision": torchvision.__version__, "onnx": onnx}))',
  ].join('\n');
  const output = await runCommand(command, ['-c', script], { timeoutMs: 5 * MINUTE });
  return { command, ...JSON.parse(output.trim().split('\n').at(-1)) };
}
