/** A table in Markdown: the first column to the left, the others to the right. */
export function table(head, rows) {
  const alignment = head.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [head, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A goal, what was found, and a tick where it is met. */
export function goalText({ goal, found, met }) {
  return `- [${met ? 'x' : ' '}] ${goal}: ${found}${met === undefined ? '' : met ? '' : ' – not met'}`;
}

/** The machine in a line, for the head of a result. */
export function machineText({ cpu, cores, features, memoryBytes, system, node, loadBefore }) {
  const gibibytes = Math.round(memoryBytes / 2 ** 30);
  const parts = [`${cpu} (${features.join(', ')})`, `${cores} cores`, `${gibibytes} GiB`, system, `Node ${node}`];
  return `${parts.join(', ')}; load before ${loadBefore}.`;
}
