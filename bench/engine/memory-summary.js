/** Of the samples, the part in which allocators and compilers are still warming up. */
const WARM_UP = 0.1;
/** Resident memory may grow by this share after it. */
export const MOST_GROWTH = 0.02;

/**
 * How much resident memory grew from the end of the warm-up to the end, as a share; both ends are means over a tenth of
 * the samples, so that no single one decides.
 * @param samples `{ step, residentBytes, tensors }`, in order
 */
export function summariseMemory(samples) {
  const tenth = Math.max(1, Math.floor(samples.length * WARM_UP));
  const mean = (part) => part.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / part.length;
  const residentBytesAtStart = mean(samples.slice(tenth, 2 * tenth));
  const residentBytesAtEnd = mean(samples.slice(-tenth));
  return {
    tensorsAtStart: samples[0].tensors,
    tensorsAtEnd: samples.at(-1).tensors,
    residentBytesAtStart,
    residentBytesAtEnd,
    growth: residentBytesAtEnd / residentBytesAtStart - 1,
  };
}

/** As many tensors at the end as at first, and no more memory than allocators may come to hold. */
export function isFlat({ growth, tensorsAtStart, tensorsAtEnd }) {
  return growth < MOST_GROWTH && tensorsAtEnd === tensorsAtStart;
}
