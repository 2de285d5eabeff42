/** Which keys a mapping of an experiment file may have, read off the JSON Schema. */
import { experimentJsonSchema } from './experiment-schema.ts';
import type { Path } from './yaml-text.ts';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly not?: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

let root: SchemaNode | undefined;

export function knownKeysAt(path: Path): readonly string[] {
  root ??= experimentJsonSchema() as SchemaNode;
  let nodes: readonly SchemaNode[] = alternatives(root);
  for (const part of path) nodes = nodes.flatMap((node) => child(node, part)).flatMap(alternatives);
  const keys = nodes.flatMap((node) => Object.entries(node.properties ?? {}));
  return [...new Set(keys.filter(([, node]) => node.not === undefined).map(([key]) => key))];
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  const definition = node.$ref === undefined ? undefined : root?.$defs?.[node.$ref.slice('#/$defs/'.length)];
  if (definition) return alternatives(definition);
  return node.anyOf ? node.anyOf.flatMap(alternatives) : [node];
}

function child(node: SchemaNode, part: PropertyKey): readonly SchemaNode[] {
  if (typeof part === 'number') return node.items ? [node.items] : [];
  const own = node.properties?.[String(part)];
  if (own) return [own];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}
