import * as contracts from '#contracts';
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;
type Direction = 'input' | 'output';

const COMPONENTS = '#/components/schemas/';

/** The contracts' schemas by name: `RunSchema` is the component `Run`. */
const names = z.registry<{ id: string }>();
for (const [name, value] of Object.entries(contracts)) {
  if (name.endsWith('Schema') && value instanceof z.ZodType) names.add(value, { id: name.slice(0, -'Schema'.length) });
}

/**
 * Turns zod schemas into JSON Schema (2020-12, as OpenAPI 3.1 has it) and gathers what has a name. What a client sends
 * may leave out what has a default, what it receives has everything: where the two differ, the former is `NameInput`.
 */
export class SchemaComponents {
  private readonly gathered = new Map<string, JsonSchema>();

  /** By name, alphabetically. */
  get schemas(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.gathered].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The schema of something that goes in this direction, with references to the components. */
  schemaOf(schema: z.ZodType, direction: Direction): JsonSchema {
    const { root, named } = converted(schema, direction);
    const nameOf = (name: string) => (direction === 'input' && !isSameBothWays(schema, name) ? `${name}Input` : name);
    for (const [name, component] of Object.entries(named)) this.gathered.set(nameOf(name), refer(component, nameOf));
    return refer(root, nameOf);
  }
}

function converted(schema: z.ZodType, io: Direction): { root: JsonSchema; named: Record<string, JsonSchema> } {
  const json = z.toJSONSchema(schema, { metadata: names, io, unrepresentable: 'any', override: simplify });
  const { $defs = {}, $schema: _, ...root } = JSON.parse(JSON.stringify(json)) as JsonSchema;
  return { root, named: $defs as Record<string, JsonSchema> };
}

/** Leaves out what a format or JavaScript's own numbers say already. */
function simplify({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema.propertyNames;
}

/** Whether a named part of a schema is the same sent and received, with all that it refers to. */
function isSameBothWays(schema: z.ZodType, name: string): boolean {
  const [sent, received] = [converted(schema, 'input').named, converted(schema, 'output').named];
  const sameFrom = (part: string, seen: Set<string>): boolean => {
    if (seen.has(part)) return true;
    seen.add(part);
    const [a, b] = [JSON.stringify(sent[part]), JSON.stringify(received[part])];
    return a === b && referred(sent[part]).every((each) => sameFrom(each, seen));
  };
  return sameFrom(name, new Set());
}

function referred(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === '$ref' ? [String(value).slice('#/$defs/'.length)] : referred(value),
  );
}

function refer<T>(schema: T, nameOf: (name: string) => string): T {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$ref' ? COMPONENTS + nameOf(String(value).slice('#/$defs/'.length)) : value,
  );
  return JSON.parse(text) as T;
}
