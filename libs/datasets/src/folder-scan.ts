import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { UserError } from '#contracts';
import type { Origin } from './source.js';

/** Extensions that are taken for images, whether or not they can be decoded. */
const IMAGE_EXTENSIONS = new Set(
  '.jpg .jpeg .jpe .jfif .png .webp .gif .tif .tiff .avif .bmp .ppm .pgm .pbm .heic .heif'.split(' '),
);
/** Folder names of a layout with splits → the split. */
const SPLIT_FOLDERS: Readonly<Record<string, Origin>> = {
  train: 'train',
  validation: 'validation',
  val: 'validation',
  test: 'test',
  unlabelled: 'unlabelled',
  unlabeled: 'unlabelled',
};
const LAYOUT = 'Put the images of each class in a folder of its own: FOLDER/CLASS/IMAGE or FOLDER/train/CLASS/IMAGE.';
const MAX_DEPTH = 32;

export interface ScannedFile {
  /** Below the dataset's folder, with "/" on every system. */
  readonly name: string;
  readonly path: string;
  readonly origin: Origin;
  /** Class index; -1 in unlabelled. */
  readonly label: number;
}

export interface ScannedFolder {
  readonly classes: readonly string[];
  /** Sorted by split, class and name. */
  readonly files: readonly ScannedFile[];
  /** What was left out, in words. */
  readonly notes: readonly string[];
}

/** What a walk meets besides images. */
interface Walk {
  readonly root: string;
  links: number;
  others: number;
}

/**
 * Finds the images of a folder in ImageFolder layout: a folder per class, directly or below `train/`, `validation/` (or
 * `val/`), `test/`; and images without labels below `unlabelled/`. Within a class, folders may be nested. Classes are
 * the folders' names in order, as torchvision's `ImageFolder` numbers them. Links that leave the folder, links to
 * folders, and names that begin with a dot are passed over.
 * @throws UserError naming dataset.path
 */
export async function scanFolder(folder: string): Promise<ScannedFolder> {
  const root = await resolveFolder(folder);
  const walk: Walk = { root, links: 0, others: 0 };
  const top = await foldersIn(root, walk);
  const notes: string[] = [];
  const bySplit = new Map<Origin, string>();
  const splits = top.includes('train');
  for (const name of top) {
    const origin = Object.hasOwn(SPLIT_FOLDERS, name) ? SPLIT_FOLDERS[name] : undefined;
    if (origin === undefined) {
      if (splits) notes.push(`The folder ${name} beside train is none of the splits and is left out.`);
      continue;
    }
    if (!splits && origin !== 'unlabelled') {
      throw problem(`${folder} has ${name} but no train folder beside it`, 'Name the training split "train".');
    }
    if (bySplit.has(origin)) throw problem(`${folder} has two folders for ${origin}`, 'Keep one of them.');
    bySplit.set(origin, join(root, name));
  }
  if (!splits) bySplit.set('train', root);

  const trainFolder = bySplit.get('train') as string;
  const inTrain = splits ? await foldersIn(trainFolder, walk) : top;
  const classes = inTrain.filter((name) => splits || !Object.hasOwn(SPLIT_FOLDERS, name));
  await refuseTooFewClasses(folder, trainFolder, classes);

  const files: ScannedFile[] = [];
  for (const origin of ['train', 'validation', 'test'] as const) {
    const splitFolder = bySplit.get(origin);
    if (splitFolder === undefined) continue;
    const names = origin === 'train' ? classes : await foldersIn(splitFolder, walk);
    for (const name of names) {
      const label = classes.indexOf(name);
      if (label < 0) {
        throw problem(
          `${relative(root, join(splitFolder, name))} in ${folder} is a class that train does not have`,
          'Give every class a folder in train, with the same spelling.',
        );
      }
      const found = await imagesBelow(join(splitFolder, name), walk);
      if (found.length === 0 && origin === 'train') {
        throw problem(`The class folder ${name} in ${folder} has no images`, 'Add images to it, or remove it.');
      }
      files.push(...found.map((path) => describe(path, root, origin, label)));
    }
  }
  const unlabelled = bySplit.get('unlabelled');
  if (unlabelled !== undefined) {
    const found = await imagesBelow(unlabelled, walk);
    files.push(...found.map((path) => describe(path, root, 'unlabelled', -1)));
  }
  if (walk.links > 0) notes.push(`${walk.links} links that leave the folder or lead to folders are left out.`);
  if (walk.others > 0) notes.push(`${walk.others} files that are no images are left out.`);
  return { classes, files, notes };
}

async function resolveFolder(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') throw problem(`The folder ${folder} may not be read`, 'Grant read access to it.', error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    const remedy = 'Check the path; it must be there on the machine that trains.';
    throw problem(`There is no folder ${folder}`, remedy, error);
  }
  throw problem(`${folder} is a file, not a folder`, LAYOUT);
}

async function refuseTooFewClasses(folder: string, trainFolder: string, classes: readonly string[]): Promise<void> {
  if (classes.length === 0) {
    const loose = (await readdir(trainFolder)).filter((name) => isImageName(name)).length;
    const what = loose > 0 ? `has ${loose} images but no class folders` : 'is empty: it has no class folders';
    throw problem(`${trainFolder === folder ? folder : trainFolder} ${what}`, LAYOUT);
  }
  if (classes.length === 1) {
    throw problem(
      `${folder} has one class, "${classes[0]}"; a classifier needs two at least`,
      `Add a folder with images of something else. ${LAYOUT}`,
    );
  }
}

/** Names of the folders in a folder, sorted. */
async function foldersIn(folder: string, walk: Walk): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (isHidden(entry.name)) continue;
    if (entry.isDirectory()) names.push(entry.name);
    else if (entry.isSymbolicLink() && !isImageName(entry.name)) walk.links++;
  }
  return names.sort();
}

/** Paths of the images below a folder, sorted. */
async function imagesBelow(folder: string, walk: Walk, depth = 0): Promise<string[]> {
  if (depth > MAX_DEPTH) throw problem(`${folder} is nested more than ${MAX_DEPTH} folders deep`, LAYOUT);
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (isHidden(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await imagesBelow(path, walk, depth + 1)));
    else if (entry.isSymbolicLink() && !(await leadsToFileInside(path, walk.root))) walk.links++;
    else if (isImageName(entry.name)) found.push(path);
    else walk.others++;
  }
  return found;
}

async function leadsToFileInside(path: string, root: string): Promise<boolean> {
  const target = await realpath(path).catch(() => undefined);
  return target !== undefined && target.startsWith(root + sep) && (await lstat(target)).isFile();
}

function describe(path: string, root: string, origin: Origin, label: number): ScannedFile {
  return { name: relative(root, path).split(sep).join('/'), path, origin, label };
}

function isImageName(name: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(name).toLowerCase());
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

function problem(message: string, remedy: string, cause?: unknown): UserError {
  return new UserError(message, { field: 'dataset.path', remedy, cause });
}
