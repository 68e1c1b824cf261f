import { distance } from 'fastest-levenshtein';
import { z } from 'zod';

/** One thing that is wrong with a spec. */
export interface SpecIssue {
  /** Dotted path of the field, `''` for the whole document. */
  path: string;
  message: string;
  /** 1-based position in the text, where the spec came as text. */
  line?: number;
  column?: number;
}

/** Flattens a zod error to one issue per field, and names the nearest legal key of an unknown one. */
export function issuesOf(error: z.ZodError, input: unknown, schema: z.core.$ZodType): SpecIssue[] {
  return error.issues.flatMap((issue) => flatten(issue, [], input, schema));
}

function flatten(issue: z.core.$ZodIssue, prefix: PropertyKey[], input: unknown, schema: z.core.$ZodType): SpecIssue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const legal = [...new Set(objectsAt(schema, path, input).flatMap((object) => Object.keys(object.shape)))];
    return issue.keys.map((key) => ({ path: dotted([...path, key]), message: unknownKey(key, legal) }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const alternative = closestAlternative(issue.errors, valueAt(input, path));
    if (alternative !== undefined) return alternative.flatMap((inner) => flatten(inner, path, input, schema));
  }
  if (issue.code === 'invalid_union' && 'options' in issue && issue.options !== undefined) {
    // `undefined` is among them where the discriminator may be left out.
    const legal = issue.options.filter((option) => option !== undefined).map(String);
    return [{ path: dotted(path), message: illegalValue(valueAt(input, path), legal) }];
  }
  if (issue.code === 'invalid_type' && valueAt(input, path) === undefined) {
    return [{ path: dotted(path), message: `is missing: expected ${issue.expected}` }];
  }
  if (issue.code === 'invalid_value') {
    return [{ path: dotted(path), message: illegalValue(valueAt(input, path), issue.values.map(String)) }];
  }
  return [{ path: dotted(path), message: issue.message }];
}

/** Of a union's alternatives, the one whose keys the value resembles most; none where the value has no keys. */
function closestAlternative(errors: z.core.$ZodIssue[][], value: unknown): z.core.$ZodIssue[] | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return undefined;
  const mismatches = (issues: z.core.$ZodIssue[]) =>
    issues.reduce(
      (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : isMissing(issue, value) ? 1 : 0),
      0,
    );
  const ranked = errors.filter((issues) => !issues.some(isOtherKind)).sort((a, b) => mismatches(a) - mismatches(b));
  if (ranked.length === 0) return undefined;
  const best = ranked[0];
  const keysKnown =
    Object.keys(value).length -
    best.reduce((n, issue) => n + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
  return keysKnown > 0 ? best : undefined;
}

/** The value is a list where an object belongs, or the other way round: no key of it says what was meant. */
function isOtherKind(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union')
    return issue.errors.length > 0 && issue.errors.every((all) => all.some(isOtherKind));
  return issue.code === 'invalid_type';
}

function isMissing(issue: z.core.$ZodIssue, value: object): boolean {
  return issue.path.length === 1 && !(issue.path[0] in value);
}

/** The object schemas that a path may name: several where a union leaves the choice open. */
function objectsAt(schema: z.core.$ZodType, path: PropertyKey[], input: unknown): z.ZodObject[] {
  const [key, ...rest] = path;
  const objects = objectAlternatives(schema, input);
  if (key === undefined) return objects;
  if (typeof key === 'number') {
    return elementsOf(schema).flatMap((element) => objectsAt(element, rest, valueAt(input, [key])));
  }
  return objects.flatMap((object) => {
    const child = (object.shape as Record<PropertyKey, z.core.$ZodType | undefined>)[key];
    return child === undefined ? [] : objectsAt(child, rest, valueAt(input, [key]));
  });
}

/** What the elements may be where a schema, or an alternative of it, is a list. */
function elementsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodArray) return [schema.element];
  return schema instanceof z.ZodUnion ? schema.options.flatMap(elementsOf) : [];
}

function objectAlternatives(schema: z.core.$ZodType, input: unknown): z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema];
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return objectAlternatives(schema.unwrap(), input);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const discriminator = schema.def.discriminator;
    const objects = schema.options.flatMap((option) => objectAlternatives(option, input));
    const chosen = valueAt(input, [discriminator]);
    const matching = objects.filter((object) => object._zod.propValues[discriminator].has(chosen as undefined));
    return matching.length > 0 ? matching : objects;
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => objectAlternatives(option, input));
  return [];
}

function illegalValue(value: unknown, legal: string[]): string {
  const hint = typeof value === 'string' ? nearest(value, legal) : undefined;
  const message = `must be ${legal.length === 1 ? `"${legal[0]}"` : `one of ${legal.join(', ')}`}`;
  return hint === undefined ? message : `${message}; did you mean "${hint}"?`;
}

function unknownKey(key: string, legal: string[]): string {
  const hint = nearest(key, legal);
  if (hint !== undefined) return `unknown key; did you mean "${hint}"?`;
  return legal.length > 0 ? `unknown key; legal here: ${legal.join(', ')}` : 'unknown key';
}

/** The candidate that a person most probably meant, or `undefined` where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({
    candidate,
    d: distance(word.toLowerCase(), candidate.toLowerCase()),
  }));
  const best = scored.sort((a, b) => a.d - b.d)[0];
  return best !== undefined && best.d <= Math.max(2, Math.floor(word.length / 2)) ? best.candidate : undefined;
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) =>
      typeof node === 'object' && node !== null ? (node as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

function dotted(path: PropertyKey[]): string {
  return path.map(String).join('.');
}
