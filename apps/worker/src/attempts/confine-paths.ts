import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { isWeightsPath, OperationalError, UserError, type Spec } from '#contracts';

/**
 * The spec with the folders and files that it names on this machine made absolute. With a root, relative ones begin there, and
 * each must lie below it, after every symbolic link is followed: a spec reaches nothing else of the worker's machine.
 * Throws UserError that names the field, OperationalError where the root itself is not there.
 */
export async function confinePaths(spec: Spec, root: string | undefined): Promise<Spec> {
  const confined = structuredClone(spec);
  if ('path' in confined.dataset) {
    confined.dataset.path = await confine('dataset.path', confined.dataset.path, root);
  }
  if (confined.pipeline === 'transfer') {
    const { backbone } = confined;
    if (isWeightsPath(backbone.weights)) backbone.weights = await confine('backbone.weights', backbone.weights, root);
  } else {
    const members = Array.isArray(confined.teacher) ? confined.teacher : [confined.teacher];
    for (const [index, teacher] of members.entries()) {
      const field = Array.isArray(confined.teacher) ? `teacher.${index}` : 'teacher';
      if ('path' in teacher) teacher.path = await confine(`${field}.path`, teacher.path, root);
      else if ('weights' in teacher && isWeightsPath(teacher.weights)) {
        teacher.weights = await confine(`${field}.weights`, teacher.weights, root);
      }
    }
  }
  return confined;
}

async function confine(field: string, named: string, root: string | undefined): Promise<string> {
  if (root === undefined) return path.resolve(named);
  const realRoot = await realpath(root).catch((error: unknown) => {
    throw new OperationalError(`The folder of datasets ${root} cannot be read.`, {
      cause: error,
      remedy: 'Check DATASETS_ROOT of the worker, and that its disk is mounted.',
    });
  });
  const real = await followed(path.resolve(root, named));
  if (real === realRoot || real.startsWith(realRoot + path.sep)) return real;
  throw new UserError(`${field}: ${named} lies outside the folder of datasets of this worker`, {
    field,
    remedy: 'Name a folder below it; a relative path begins there.',
  });
}

/** The path with every link followed; what is not there keeps its name: whoever reads it will say that it is missing. */
async function followed(file: string): Promise<string> {
  const real = await realpath(file).catch(() => undefined);
  if (real !== undefined) return real;
  const parent = path.dirname(file);
  return parent === file ? file : path.join(await followed(parent), path.basename(file));
}
