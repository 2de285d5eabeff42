/** A JSON Schema (2020-12) as rows of a table: every key that a file may have, with its type and meaning. */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly not?: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export interface SchemaRow {
  /** "blastRadius.hosts", "probes.NAME.http", "method[]" */
  readonly key: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly meaning: string;
}

const depthMax = 6;

/** @param apart definitions that have a page of their own, and are named instead of being followed. */
export function schemaRows(root: Schema, apart: readonly string[] = []): readonly SchemaRow[] {
  const definitions = root.$defs ?? {};
  const nameOf = (schema: Schema): string | undefined => /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  const followed = (schema: Schema): Schema => {
    const name = nameOf(schema);
    return name === undefined || apart.includes(name) ? schema : (definitions[name] ?? schema);
  };

  function rowsBelow(schema: Schema, prefix: string, depth: number): readonly SchemaRow[] {
    if (depth > depthMax) return [];
    const { properties = {}, required = [], additionalProperties, items } = followed(schema);
    const named = Object.entries(properties).filter(([, one]) => !isNever(one));
    return [
      ...named.flatMap(([name, one]) =>
        rowsOf(one, prefix === '' ? name : `${prefix}.${name}`, required.includes(name), depth),
      ),
      ...(typeof additionalProperties === 'object' && !isNever(additionalProperties)
        ? rowsOf(additionalProperties, `${prefix}.NAME`, false, depth)
        : []),
      ...(items ? rowsBelow(items, `${prefix}[]`, depth + 1) : []),
      ...alternatives(followed(schema)).flatMap((one) => rowsBelow(one, prefix, depth + 1)),
    ];
  }

  function rowsOf(schema: Schema, key: string, isRequired: boolean, depth: number): readonly SchemaRow[] {
    const target = followed(schema);
    const meaning = schema.description ?? target.description ?? '';
    return [{ key, type: typeOf(schema), isRequired, meaning }, ...rowsBelow(target, key, depth + 1)];
  }

  function typeOf(schema: Schema): string {
    const name = nameOf(schema);
    if (name !== undefined && apart.includes(name)) return name;
    const target = followed(schema);
    if (target.const !== undefined) return JSON.stringify(target.const);
    if (target.enum) return target.enum.map((one) => JSON.stringify(one)).join(' or ');
    const choices = alternatives(target);
    if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(' or ');
    if (target.type === 'array') return `list of ${target.items ? typeOf(target.items) : 'anything'}`;
    const range = [target.minimum, target.maximum].map((bound) => (isPlain(bound) ? String(bound) : ''));
    const type = Array.isArray(target.type) ? target.type.join(' or ') : (target.type ?? 'anything');
    return range.some(Boolean) ? `${type} ${range[0]}…${range[1]}` : `${type}`;
  }

  const rows = rowsBelow(root, '', 0);
  // One key that several alternatives have is one row.
  return rows.filter(({ key }, index) => rows.findIndex((other) => other.key === key) === index);
}

function alternatives({ anyOf = [], oneOf = [], allOf = [] }: Schema): readonly Schema[] {
  return [...anyOf, ...oneOf, ...allOf].filter((one) => !isNever(one));
}

function isNever(schema: Schema): boolean {
  return schema.not !== undefined && Object.keys(schema.not as object).length === 0;
}

function isPlain(bound: number | undefined): bound is number {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}
