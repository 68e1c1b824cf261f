import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expandRuns, parseSpecText, PIPELINES, teachersOf, type Spec } from '#contracts';

const folder = path.resolve(import.meta.dirname, '../../examples');
const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));

function specOf(file: string): Spec {
  const parsed = parseSpecText(readFileSync(path.join(folder, file), 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues, undefined, 2));
  return parsed.spec;
}

describe('the examples', () => {
  it.each(files)('%s is a spec that expands to runs', (file) => {
    expect(expandRuns(specOf(file)).plans.length).toBeGreaterThan(0);
  });

  it('show every pipeline', () => {
    expect(new Set(files.map((file) => specOf(file).pipeline))).toEqual(new Set(PIPELINES));
  });

  it('name a teacher that is another example, so that the teacher can be there', () => {
    const names = files.map((file) => specOf(file).name);
    expect(new Set(names).size).toBe(files.length);
    const teachers = files.flatMap((file) => {
      const runs = teachersOf(specOf(file)).flatMap(({ teacher }) => ('run' in teacher ? [teacher.run] : []));
      return runs.filter((run) => run.startsWith('latest:')).map((run) => run.slice('latest:'.length));
    });
    expect(names).toEqual(expect.arrayContaining(teachers));
  });
});
