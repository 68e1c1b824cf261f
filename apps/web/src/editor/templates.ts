const files = import.meta.glob<string>('../../../../examples/*.yaml', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export interface Template {
  name: string;
  text: string;
}

const ORDER = ['transfer', 'distillation', 'logistic'];

/** The repository's example specs, the three pipelines first. */
export const TEMPLATES: readonly Template[] = Object.entries(files)
  .map(([path, text]) => ({ name: path.split('/').at(-1)?.replace('.yaml', '') ?? path, text }))
  .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name));

function place(name: string): number {
  return ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
}

/** What the editor begins with where no example was chosen. */
export const FIRST_TEXT = TEMPLATES[0]?.text ?? '';
