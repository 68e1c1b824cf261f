/**
 * The program of the bench's own Python with PyTorch, where it was made.
 * @param folder the bench's cache folder
 */
export function madePython(folder: string): string | undefined;
