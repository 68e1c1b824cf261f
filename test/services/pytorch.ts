import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '#engine';
import { madePython } from '../../bench/engine/rivals/python-environment.js';
import { installByApt } from './apt.js';
import { findProgram } from './find-program.js';
import { foundAt } from './machine.js';
import { ServiceMissing, type Service } from './service.js';

// Debian's PyTorch is for the CPU alone: a tenth of the size of PyPI's, which brings CUDA.
const DEBIAN_PACKAGE = 'python3-torchvision';
const DEBIAN_PYTHON = '/usr/bin/python3';
const REMEDY = 'have a python3 on the PATH into which torch and torchvision are installed';

/** A Python with PyTorch and torchvision: the bench's own, the PATH's or Debian's, else, as root with apt, installed. */
export async function findPytorch(): Promise<Service> {
  const candidates = [madePython(path.join(cacheFolder(), 'bench')), findProgram('python3'), DEBIAN_PYTHON];
  for (const python of candidates) {
    if (python !== undefined && (await hasPytorch(python))) return foundAt(python);
  }
  installByApt(DEBIAN_PACKAGE, REMEDY);
  if (await hasPytorch(DEBIAN_PYTHON)) return foundAt(DEBIAN_PYTHON);
  throw new ServiceMissing(`${DEBIAN_PACKAGE} is installed, and ${DEBIAN_PYTHON} does not find it: ${REMEDY}`);
}

/** Without importing it, which takes seconds and leaves a folder behind. */
async function hasPytorch(python: string): Promise<boolean> {
  const script = 'import importlib.util as u; exit(None in map(u.find_spec, ["torch", "torchvision"]))';
  return promisify(execFile)(python, ['-c', script]).then(
    () => true,
    () => false,
  );
}
