/**
 * Sums the rows of a matrix by segment, the gradient of gathering rows.
 * @param values `[rows, rowLength]`
 * @param segments of each row; a negative one leaves the row out
 * @returns `[segmentCount, rowLength]`
 */
export function segmentSum(
  values: Float32Array,
  segments: Int32Array,
  segmentCount: number,
  rowLength: number,
): Float32Array {
  const sums = new Float32Array(segmentCount * rowLength);
  segments.forEach((segment, row) => {
    if (segment < 0 || segment >= segmentCount) return;
    for (let i = 0; i < rowLength; i++) sums[segment * rowLength + i]! += values[row * rowLength + i]!;
  });
  return sums;
}
